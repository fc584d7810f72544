import { type MarketSessionEvent, type Schedule, bySale } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { inOrder } from '@flexledger/runtime';

/**
 * Which sessions a log has scheduled. Times and delivery days are those recorded in each session's
 * `SessionScheduled`, never those of the pack that runs now: a session keeps the calendar it was
 * announced with.
 */
export interface SessionsOfLog {
  /** Sessions that deliver on a civil day: the day-ahead session, then by the start of delivery. */
  deliveringOn(day: string): Promise<readonly Schedule[]>;
  /** Sessions whose gate is still to open or to close, in the order in which they were scheduled. */
  withGatesAhead(): Promise<readonly Schedule[]>;
}

type Followed = Extract<
  MarketSessionEvent,
  { type: 'SessionScheduled' | 'SessionClosed' | 'SessionCancelled' }
>;

const TYPES: readonly Followed['type'][] = [
  'SessionScheduled',
  'SessionClosed',
  'SessionCancelled',
];

/** The sessions of a log: read once from the beginning, then, with each question, what was added. */
export function createSessionsOfLog(store: EventStore): SessionsOfLog {
  const byDay = new Map<string, Schedule[]>();
  const ahead = new Map<string, Schedule>();
  let taken = BEFORE_FIRST;
  /** One reads at a time, so that no event is folded twice. */
  const inTurn = inOrder();

  function take(event: Followed): void {
    const { sessionId } = event.data;
    if (event.type !== 'SessionScheduled') {
      ahead.delete(sessionId);
      return;
    }
    const schedule = event.data;
    ahead.set(sessionId, schedule);
    const ofDay = [...(byDay.get(schedule.deliveryDay) ?? []), schedule];
    byDay.set(schedule.deliveryDay, ofDay.sort(bySale));
  }

  async function readOn(): Promise<void> {
    for await (const event of store.readAll({ after: taken, filter: { types: TYPES } })) {
      take(event as unknown as Followed);
      taken = event.position;
    }
  }

  return {
    async deliveringOn(day) {
      await inTurn(readOn);
      return byDay.get(day) ?? [];
    },
    async withGatesAhead() {
      await inTurn(readOn);
      return [...ahead.values()];
    },
  };
}
