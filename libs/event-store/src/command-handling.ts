/**
 * The application service of every aggregate: read the stream, fold it, decide, append what was
 * decided at the revision that was read, and on a conflict do it again. Folded states are kept for
 * the streams used last, so a stream that grows (a meter's month) is not read for every command;
 * the expected revision keeps a stale state from ever being written on.
 */
import { type Decider, type DomainEvent, type ProposedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { type Clock, isoNow } from '@flexledger/runtime';
import type { CommandContext } from './command-context';
import { RevisionConflict } from './errors';
import type { EventStore } from './port';

export interface CommandResult<Event> {
  readonly events: readonly Event[];
  /** Position of the last event appended, -1 when the decision was to do nothing. */
  readonly position: number;
}

export interface AddressedCommand<Command> {
  readonly streamId: string;
  readonly command: Command;
  readonly context: CommandContext;
}

export interface CommandHandler<Command, State, Event> {
  /**
   * Decides and appends. Commands to one stream run one after another in the order of the calls;
   * their results, in the order of the calls, are appended in that order too.
   *
   * @throws DomainError when the rules refuse; nothing has been appended
   */
  handle(
    streamId: string,
    command: Command,
    context: CommandContext,
  ): Promise<CommandResult<Event>>;
  /**
   * Many commands, appended in the order given whatever the streams and whether or not their states
   * were in memory. Each settles by itself: one refusal leaves the others standing.
   */
  handleInOrder(
    commands: readonly AddressedCommand<Command>[],
  ): Promise<PromiseSettledResult<CommandResult<Event>>[]>;
  /** The stream's state now. */
  stateOf(streamId: string): Promise<State>;
  /** Drops a state kept in memory, for a caller who knows that another writer has gone on. */
  forget(streamId: string): void;
}

export interface CommandHandlerOptions<State, Command, Event extends DomainEvent<string, object>> {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly decider: Decider<State, Command, Event>;
  /** Streams whose state is kept in memory. */
  readonly cachedStreams?: number;
}

interface Folded<State> {
  readonly state: State;
  /** Revision of the last event folded, -1 for an absent stream. */
  readonly revision: number;
}

const ATTEMPTS = 5;
/** Room below the 1 MiB of one append for characters of several bytes and for the envelopes. */
const APPEND_CHARACTERS = 800_000;
const SCHEMA_VERSION = 1;

export function createCommandHandler<State, Command, Event extends DomainEvent<string, object>>(
  options: CommandHandlerOptions<State, Command, Event>,
): CommandHandler<Command, State, Event> {
  const { store, clock, decider, cachedStreams = 10_000 } = options;
  const cache = new Map<string, Folded<State>>();
  const tails = new Map<string, Promise<unknown>>();

  async function load(streamId: string): Promise<Folded<State>> {
    const cached = cache.get(streamId);
    if (cached) return cached;
    let folded: Folded<State> = { state: decider.initialState, revision: -1 };
    for await (const event of store.readStream(streamId)) {
      folded = {
        state: decider.evolve(folded.state, event as unknown as Event),
        revision: event.revision,
      };
    }
    remember(streamId, folded);
    return folded;
  }

  function remember(streamId: string, folded: Folded<State>): void {
    cache.delete(streamId);
    cache.set(streamId, folded);
    if (cache.size > cachedStreams) cache.delete(cache.keys().next().value!);
  }

  async function attempt(
    streamId: string,
    command: Command,
    context: CommandContext,
  ): Promise<CommandResult<Event>> {
    const { state, revision } = await load(streamId);
    const events = decider.decide(command, state);
    if (events.length === 0) return { events, position: -1 };
    const occurredAt = isoNow(clock);
    let folded: Folded<State> = { state, revision };
    let position = -1;
    for (const batch of inAppends(events)) {
      const next = folded.revision + 1;
      const proposed = batch.map((event, index) =>
        propose(event, next + index, context, occurredAt),
      );
      const appended = await store.append(streamId, next === 0 ? 'noStream' : next - 1, proposed);
      folded = {
        state: batch.reduce((before, event) => decider.evolve(before, event), folded.state),
        revision: appended.revision,
      };
      position = appended.position;
      remember(streamId, folded);
    }
    return { events, position };
  }

  async function handle(
    streamId: string,
    command: Command,
    context: CommandContext,
  ): Promise<CommandResult<Event>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(streamId, command, context);
      } catch (error) {
        if (!(error instanceof RevisionConflict) || tries === ATTEMPTS) throw error;
        cache.delete(streamId);
      }
    }
  }

  function enqueue(
    streamId: string,
    command: Command,
    context: CommandContext,
  ): Promise<CommandResult<Event>> {
    const before = tails.get(streamId);
    const mine = before
      ? before.then(() => handle(streamId, command, context))
      : handle(streamId, command, context);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    tails.set(streamId, settled);
    void settled.then(() => {
      if (tails.get(streamId) === settled) tails.delete(streamId);
    });
    return mine;
  }

  return {
    handle: enqueue,
    async handleInOrder(commands) {
      // With every state in memory each command takes the same number of turns to its append.
      for (const { streamId } of commands) await load(streamId);
      return Promise.allSettled(
        commands.map(({ streamId, command, context }) => enqueue(streamId, command, context)),
      );
    },
    async stateOf(streamId) {
      return (await load(streamId)).state;
    },
    forget: (streamId) => void cache.delete(streamId),
  };
}

/**
 * Large decisions come as events in parts (DESIGN 6): as many go into one append as its limit lets.
 * Between two appends a crash may fall; parts count only with the last one, and the decider of a
 * repeated command goes on where the stream ends.
 */
function inAppends<Event extends DomainEvent<string, object>>(events: readonly Event[]): Event[][] {
  if (events.length === 1) return [[events[0]!]];
  const appends: Event[][] = [];
  let characters = Infinity;
  for (const event of events) {
    const length = JSON.stringify(event.data).length;
    if (characters + length > APPEND_CHARACTERS) {
      appends.push([]);
      characters = 0;
    }
    appends.at(-1)!.push(event);
    characters += length;
  }
  return appends;
}

/** The id follows from the command and the revision, so that trying again appends nothing twice. */
function propose(
  event: DomainEvent<string, object>,
  revision: number,
  context: CommandContext,
  occurredAt: string,
): ProposedEvent {
  return {
    id: uuidFrom(`${context.commandId}/${revision}`),
    type: event.type,
    schemaVersion: SCHEMA_VERSION,
    occurredAt,
    correlationId: context.correlationId,
    causationId: context.causationId,
    actor: context.actor,
    data: event.data,
  };
}
