/**
 * The application service of every aggregate: read the stream, fold it, decide, append what was
 * decided at the revision that was read, and on a conflict do it again. Folded states are kept for
 * the streams used last, so a stream that grows (a meter's month) is not read for every command; but
 * memory is never trusted. What is decided on it is appended at its revision, which fails where others
 * have appended since; a refusal, or that there is nothing to do, is said only when they have been read.
 *
 * A command that comes again under its id is recognised by the ids that stand in the stream
 * (`event-id.ts`), whatever has happened since, and gets its first answer. A command that led to no
 * event leaves no trace: it is decided again.
 */
import {
  type DomainEvent,
  type ProposedEvent,
  type RecordedEvent,
  decodeEvent,
} from '@flexledger/domain';
import { isoNow } from '@flexledger/runtime';
import { LRUCache } from 'lru-cache';
import type { CommandContext } from './command-context';
import type {
  AddressedCommand,
  CommandHandler,
  CommandHandlerOptions,
  CommandResult,
} from './command-handler';
import { decideTogether, inAppends, propose } from './decide-together';
import { AppendTooLarge, CommandConflict, EventIdTaken, RevisionConflict } from './errors';
import {
  commandMark,
  eventIdOf,
  isFirstOf,
  isLastOfCommand,
  markOf,
  recurringEventId,
  recurringId,
} from './event-id';
import { type AppendResult, BEFORE_FIRST } from './port';
import { RecentCommands } from './recent-commands';
import { standsAsProposed } from './stands-as-proposed';

/** A stream as it is kept in memory. */
interface Folded<State> {
  state: State;
  /** Revision of the last event folded, -1 for an absent stream. */
  revision: number;
  readonly commands: RecentCommands;
  /** The state held when this call came, or later. */
  heldAtCall: number;
}

/** What a command has led to already. */
interface Earlier {
  readonly events: readonly RecordedEvent[];
  readonly isWhole: boolean;
}

/** Each attempt that is lost is another's success; to lose so many, one after another, is a fault. */
const ATTEMPTS = 1_000;
const CACHED_STREAMS = 10_000;
const REMEMBERED_COMMANDS = 4_096;
/** Of one stream, decided for one append; a meter's month is three times as many. */
const COMMANDS_TOGETHER = 1_024;

export function createCommandHandler<State, Command, Event extends DomainEvent<string, object>>(
  options: CommandHandlerOptions<State, Command, Event>,
): CommandHandler<Command, State, Event> {
  const { store, clock, decider, decode = decodeEvent } = options;
  const { rememberedCommands = REMEMBERED_COMMANDS } = options;
  const cache = new LRUCache<string, Folded<State>>({
    max: options.cachedStreams ?? CACHED_STREAMS,
  });
  const tails = new Map<string, Promise<unknown>>();
  /** Calls so far. A state that was read or written after a call came is fresh enough for it. */
  let calls = 0;

  type Result = CommandResult<Event>;

  /** The stream as it stood when `call` came, or later. */
  async function upToDate(streamId: string, call: number): Promise<Folded<State>> {
    const cached = cache.get(streamId);
    return cached && cached.heldAtCall >= call ? cached : readOn(streamId, cached);
  }

  async function known(streamId: string): Promise<Folded<State>> {
    return cache.get(streamId) ?? (await readOn(streamId, undefined));
  }

  /** What a state leads to; undefined where it says that nothing is to be done and others may say more. */
  function decidedOn(
    folded: Folded<State>,
    command: Command,
    call: number,
  ): readonly Event[] | undefined {
    const isFresh = folded.heldAtCall >= call;
    try {
      const events = decider.decide(command, folded.state);
      return events.length > 0 || isFresh ? events : undefined;
    } catch (error) {
      if (isFresh) throw error;
      return undefined;
    }
  }

  async function readOn(
    streamId: string,
    cached: Folded<State> | undefined,
  ): Promise<Folded<State>> {
    const heldAtCall = calls;
    const begun = cached ? undefined : await options.startAt?.(streamId);
    const folded = cached ?? {
      state: begun?.state ?? decider.initialState,
      revision: begun?.revision ?? -1,
      commands: new RecentCommands(rememberedCommands),
      heldAtCall: 0,
    };
    for await (const event of store.readStream(streamId, folded.revision + 1)) {
      // Another call may have read on at the same time.
      if (event.revision <= folded.revision) continue;
      fold(folded, decode(event) as unknown as Event, event.id, event.revision);
    }
    folded.heldAtCall = Math.max(folded.heldAtCall, heldAtCall);
    cache.set(streamId, folded);
    return folded;
  }

  function fold(folded: Folded<State>, event: Event, id: string, revision: number): void {
    folded.state = decider.evolve(folded.state, event);
    folded.commands.see(id, revision);
    folded.revision = revision;
  }

  async function attempt(
    { streamId, command, context }: AddressedCommand<Command>,
    call: number,
    stands: number | undefined,
  ): Promise<Result | typeof OUTRUN> {
    // Without a turn of the event loop where nothing has to be read: see `handleInOrder`.
    const folded = cache.get(streamId) ?? (await known(streamId));
    const mark = context.mayRecur ? '' : commandMark(context.commandId);
    const first = context.mayRecur ? undefined : (stands ?? folded.commands.find(mark));
    const earlier = first === undefined ? NOTHING : await earlierOf(streamId, first, mark);
    if (earlier.events.length > 0 && !isFirstOf(context, earlier.events[0]!.id)) {
      throw new CommandConflict(context.commandId, streamId, earlier.events[0]!.id);
    }
    if (earlier.isWhole) return repeated(earlier);
    const events = decidedOn(folded, command, call);
    if (events === undefined) {
      await readOn(streamId, folded);
      return attempt({ streamId, command, context }, call, stands);
    }
    if (events.length === 0)
      return earlier === NOTHING ? { events, position: BEFORE_FIRST } : repeated(earlier);

    const occurredAt = isoNow(clock);
    const count = earlier.events.length + events.length;
    let index = earlier.events.length;
    let { revision } = folded;
    const idOf = idsOf(context, revision, occurredAt);
    let position = BEFORE_FIRST;
    for (const batch of inAppends(events)) {
      const proposed = batch.map((event) => {
        const id = idOf(index, index === count - 1);
        index += 1;
        return propose(event, id, context, occurredAt);
      });
      const appended = await store.append(streamId, revision < 0 ? 'noStream' : revision, proposed);
      const isAnothers =
        appended.repeated &&
        !(context.mayRecur && (await standsAsProposed(store, streamId, revision, proposed)));
      if (isAnothers) {
        // Another handler was given the same command at the same time; what it recorded counts.
        cache.delete(streamId);
        return OUTRUN;
      }
      batch.forEach((event, at) => {
        revision += 1;
        if (revision > folded.revision) fold(folded, event, proposed[at]!.id, revision);
      });
      position = appended.position;
    }
    const before = earlier.events.map(contentsOf);
    return { events: [...before, ...events], position };
  }

  /** What stands of a command from the revision on at which its first event may stand. */
  async function earlierOf(streamId: string, first: number, mark: string): Promise<Earlier> {
    const events: RecordedEvent[] = [];
    for await (const event of store.readStream(streamId, first)) {
      if (markOf(event.id) === mark) events.push(event);
      else if (events.length === 0) return NOTHING;
      if (events.length > 0 && isLastOfCommand(events.at(-1)!.id)) return { events, isWhole: true };
    }
    return events.length === 0 ? NOTHING : { events, isWhole: false };
  }

  function contentsOf({ type, data }: RecordedEvent): Event {
    return { type, data } as Event;
  }

  function repeated({ events }: Earlier): Result {
    return { events: events.map(contentsOf), position: events.at(-1)!.position, repeated: true };
  }

  async function handle(addressed: AddressedCommand<Command>, called: number): Promise<Result> {
    let call = called;
    let stands: number | undefined;
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await attempt(addressed, call, stands);
        if (result !== OUTRUN) return result;
      } catch (error) {
        if (tries === ATTEMPTS || !isOutrun(error, addressed)) throw error;
        // Older than what is remembered: found only by the log, when it was decided again.
        stands = error instanceof EventIdTaken ? error.revision : undefined;
      }
      call = nextCall();
      await upToDate(addressed.streamId, call);
    }
  }

  function nextCall(): number {
    calls += 1;
    return calls;
  }

  /**
   * Commands of one stream that may recur: decided one after another, appended together, so that a stream
   * that has many waits for the log once. What is not appended for another's sake is done again one by one.
   */
  async function handleTogether(
    commands: readonly AddressedCommand<Command>[],
    call: number,
  ): Promise<PromiseSettledResult<Result>[]> {
    const results: PromiseSettledResult<Result>[] = [];
    // Whether an append takes them is known once they are written for it; so it is tried, not weighed before.
    let most = COMMANDS_TOGETHER;
    while (results.length < commands.length) {
      const left = commands.slice(results.length, results.length + most);
      const [first] = left as [AddressedCommand<Command>];
      const { streamId } = first;
      const folded = cache.get(streamId) ?? (await known(streamId));
      const before = folded.revision;
      const isFresh = folded.heldAtCall >= call;
      const from = { state: folded.state, revision: before, isFresh };
      const { decisions, proposed, state, revision } = decideTogether(
        decider,
        from,
        left,
        isoNow(clock),
      );
      if (decisions.length === 0) {
        if (isFresh) results.push(...(await Promise.allSettled([handle(first, call)])));
        else await readOn(streamId, folded);
        continue;
      }
      let position = BEFORE_FIRST;
      if (proposed.length > 0) {
        const written = await appendTogether(streamId, before, proposed);
        if (written === OUTRUN) {
          for (const one of left.slice(0, decisions.length)) {
            results.push(...(await Promise.allSettled([handle(one, nextCall())])));
          }
          continue;
        }
        if ('failure' in written) {
          if (written.failure instanceof AppendTooLarge && decisions.length > 1) {
            most = Math.ceil(decisions.length / 2);
            continue;
          }
          results.push(...decisions.map(() => rejected(written.failure)));
          continue;
        }
        ({ position } = written);
        if (folded.revision === before) {
          Object.assign(folded, { state, revision });
          proposed.forEach(({ id }, at) => folded.commands.see(id, before + 1 + at));
        }
      }
      for (const decision of decisions) {
        if ('refusal' in decision) results.push(rejected(decision.refusal));
        else {
          const { events } = decision;
          const value = { events, position: events.length > 0 ? position : BEFORE_FIRST };
          results.push({ status: 'fulfilled', value });
        }
      }
    }
    return results;
  }

  /** Appends after a revision; `OUTRUN` where others came first, and then none of it stands. */
  async function appendTogether(
    streamId: string,
    revision: number,
    proposed: readonly ProposedEvent[],
  ): Promise<AppendResult | typeof OUTRUN | { readonly failure: unknown }> {
    try {
      const appended = await store.append(streamId, revision < 0 ? 'noStream' : revision, proposed);
      if (!appended.repeated || (await standsAsProposed(store, streamId, revision, proposed))) {
        return appended;
      }
    } catch (failure) {
      const isOthers = failure instanceof RevisionConflict || failure instanceof EventIdTaken;
      if (!isOthers) return { failure };
    }
    cache.delete(streamId);
    return OUTRUN;
  }

  /** Runs what is to be done with a stream after all that was called before. */
  function enqueue<Done>(streamId: string, task: () => Promise<Done>): Promise<Done> {
    const before = tails.get(streamId);
    const mine = before ? before.then(task) : task();
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

  async function settleAll(
    commands: readonly AddressedCommand<Command>[],
    call: number,
  ): Promise<PromiseSettledResult<Result>[]> {
    if (commands.length > 1 && commands.every(({ context }) => context.mayRecur)) {
      return handleTogether(commands, call);
    }
    const results: PromiseSettledResult<Result>[] = [];
    for (const command of commands) {
      results.push(...(await Promise.allSettled([handle(command, call)])));
    }
    return results;
  }

  return {
    handle(streamId, command, context) {
      const call = nextCall();
      return enqueue(streamId, () => handle({ streamId, command, context }, call));
    },
    async handleInOrder(commands) {
      const call = nextCall();
      const byStream = new Map<string, { commands: AddressedCommand<Command>[]; at: number[] }>();
      commands.forEach((command, index) => {
        const { streamId } = command;
        const ofStream = byStream.get(streamId) ?? { commands: [], at: [] };
        byStream.set(streamId, ofStream);
        ofStream.commands.push(command);
        ofStream.at.push(index);
      });
      // With every state in memory each stream takes the same number of turns to its first append.
      for (const streamId of byStream.keys()) await known(streamId);
      const results: PromiseSettledResult<Result>[] = [];
      await Promise.all(
        [...byStream].map(async ([streamId, { commands: ofStream, at }]) => {
          const settled = await enqueue(streamId, () => settleAll(ofStream, call));
          settled.forEach((result, index) => (results[at[index]!] = result));
        }),
      );
      return results;
    },
    stateOf: async (streamId) => (await upToDate(streamId, nextCall())).state,
    knownStateOf: async (streamId) => (await known(streamId)).state,
  };
}

/** Another writer was faster: what to do is decided again on what it wrote. */
const OUTRUN = Symbol('outrun');

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

const NOTHING: Earlier = { events: [], isWhole: false };

function isOutrun(error: unknown, { streamId, context }: AddressedCommand<unknown>): boolean {
  if (error instanceof RevisionConflict) return true;
  return error instanceof EventIdTaken && error.streamId === streamId && !context.mayRecur;
}

/** The ids of a command's events, decided on a revision. */
function idsOf(
  context: CommandContext,
  revision: number,
  occurredAt: string,
): (index: number, isLast: boolean) => string {
  if (!context.mayRecur) return (index, isLast) => eventIdOf(context, index, isLast);
  const recurring = recurringId(context.commandId, revision);
  return (index, isLast) => recurringEventId({ recurringId: recurring, index, isLast, occurredAt });
}
