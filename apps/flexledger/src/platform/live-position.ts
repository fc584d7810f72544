import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { type Clock, msFromIso } from '@flexledger/runtime';

/** Sessions whose delivery began longer ago are over; the settlement process looks after its own. */
const LIVE_DAYS = 3;
const DAY_MS = 86_400_000;

/**
 * Where processors begin that have no checkpoint yet: with the first session that may still have
 * something to do, hence after the one before it; at the log's end when all are over. A log without a
 * session is handed on from its beginning: a market that is being set up has had nothing to be over.
 */
export async function positionBeforeLive(log: EventStore, clock: Clock): Promise<number> {
  const sinceMs = clock.nowMs() - LIVE_DAYS * DAY_MS;
  // Asked first: what is scheduled while the log is read comes after it.
  const head = await log.head();
  let before = BEFORE_FIRST;
  for await (const event of log.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { deliveryStart } = event.data as { deliveryStart: string };
    if (msFromIso(deliveryStart) >= sinceMs) return before;
    before = event.position;
  }
  return before === BEFORE_FIRST ? before : head;
}
