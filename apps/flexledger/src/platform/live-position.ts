import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Sessions whose delivery began longer ago are over; the settlement process looks after its own. */
const LIVE_DAYS = 3;
const DAY_MS = 86_400_000;

/**
 * Where processors begin that have no checkpoint yet: after the last session that is over, at the log's
 * beginning when there is none. What they see again was dealt with or can do no harm, since command ids
 * follow from events.
 */
export async function positionBeforeLive(log: EventStore, clock: Clock): Promise<number> {
  const sinceMs = clock.nowMs() - LIVE_DAYS * DAY_MS;
  let before = BEFORE_FIRST;
  for await (const event of log.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { deliveryStart } = event.data as { deliveryStart: string };
    const startMs = Date.parse(deliveryStart);
    // What cannot be read is told where it is handled; here it is neither over nor live.
    if (Number.isNaN(startMs)) continue;
    if (startMs >= sinceMs) break;
    before = event.position;
  }
  return before;
}
