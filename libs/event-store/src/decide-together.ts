/** What many commands of one stream lead to, each decided on what those before it led to, for one append. */
import {
  type Decider,
  type DomainEvent,
  type ProposedEvent,
  currentVersionOf,
  jsonBytes,
} from '@flexledger/domain';
import type { CommandContext } from './command-context';
import { recurringEventId, recurringId } from './event-id';

/** Below the 1 MiB of one append. */
const APPEND_BYTES = 800_000;

/** A command that may recur, and where it comes from. */
export interface RecurringCommand<Command> {
  readonly command: Command;
  readonly context: CommandContext;
}

/** The events of one command, or why the rules refuse it; they count once all of the append stands. */
export type Decision<Event> = { readonly events: readonly Event[] } | { readonly refusal: unknown };

export interface DecidedTogether<State, Event> {
  /** Of the first commands, in their order; fewer than were given where one has to be asked by itself. */
  readonly decisions: readonly Decision<Event>[];
  readonly proposed: readonly ProposedEvent[];
  /** The state and the revision once `proposed` stands. */
  readonly state: State;
  readonly revision: number;
}

/**
 * Decides the commands, for one append. Where others may have gone further than the given
 * state, a refusal, or that there is nothing to do, is not believed: there it ends.
 *
 * @param from the stream as it is known, `isFresh` when nobody can have gone further
 */
export function decideTogether<State, Command, Event extends DomainEvent<string, object>>(
  { decide, evolve }: Decider<State, Command, Event>,
  from: { readonly state: State; readonly revision: number; readonly isFresh: boolean },
  commands: readonly RecurringCommand<Command>[],
  occurredAt: string,
): DecidedTogether<State, Event> {
  const decisions: Decision<Event>[] = [];
  const proposed: ProposedEvent[] = [];
  let { state, revision } = from;
  for (const { command, context } of commands) {
    let decision: Decision<Event>;
    try {
      decision = { events: decide(command, state) };
    } catch (refusal) {
      decision = { refusal };
    }
    const events = 'events' in decision ? decision.events : [];
    if (events.length === 0 && !from.isFresh) break;
    const recurring = recurringId(context.commandId, revision);
    events.forEach((event, index) => {
      const isLast = index === events.length - 1;
      const id = recurringEventId({ recurringId: recurring, index, isLast, occurredAt });
      proposed.push(propose(event, id, context, occurredAt));
      state = evolve(state, event);
      revision += 1;
    });
    decisions.push(decision);
  }
  return { decisions, proposed, state, revision };
}

/**
 * Large decisions come as events in parts (DESIGN 6): as many go into one append as its limit lets.
 * Between two appends a crash may fall; parts count only with the last one, and when the command is
 * repeated, its decider goes on where the stream ends, and its ids with the next index.
 */
export function inAppends<Event extends DomainEvent<string, object>>(
  events: readonly Event[],
): Event[][] {
  if (events.length === 1) return [[events[0]!]];
  const appends: Event[][] = [];
  let bytes = Infinity;
  for (const event of events) {
    const length = jsonBytes(event.data);
    if (bytes + length > APPEND_BYTES) {
      appends.push([]);
      bytes = 0;
    }
    appends.at(-1)!.push(event);
    bytes += length;
  }
  return appends;
}

/** An event as it is handed to the log. */
export function propose(
  { type, data }: DomainEvent<string, object>,
  id: string,
  context: CommandContext,
  occurredAt: string,
): ProposedEvent {
  const { correlationId, causationId, actor } = context;
  return {
    id,
    type,
    schemaVersion: currentVersionOf(type),
    occurredAt,
    correlationId,
    causationId,
    actor,
    data,
  };
}
