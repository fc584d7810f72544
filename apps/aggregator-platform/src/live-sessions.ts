import { type MarketSessionEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

const DAY_MS = 86_400_000;

/**
 * Finds the position after which processors that arm timers read again when they begin: before the
 * first session whose delivery began at most `liveDays` ago, at the session scheduled before it; the
 * log's end when there is none. Those who ask at the same time share one reading.
 */
export function positionBeforeLive(
  log: Pick<EventStore, 'head' | 'readAll'>,
  clock: Clock,
  liveDays: number,
): () => Promise<number> {
  let reading: Promise<number> | undefined;
  /** Sessions up to there are over for good: time does not go back. */
  let over = BEFORE_FIRST;

  async function find(): Promise<number> {
    const sinceMs = clock.nowMs() - liveDays * DAY_MS;
    // Asked first: what is scheduled while the log is read comes after it.
    const head = await log.head();
    const filter = { types: ['SessionScheduled' satisfies MarketSessionEvent['type']] };
    for await (const event of log.readAll({ after: over, filter })) {
      const { deliveryStart } = event.data as { deliveryStart: string };
      const startMs = Date.parse(deliveryStart);
      // What cannot be read is told where it is handled; here it is neither over nor live.
      if (Number.isNaN(startMs)) continue;
      if (startMs >= sinceMs) return over;
      over = event.position;
    }
    return Math.max(head, over);
  }

  return () => {
    reading ??= find().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
