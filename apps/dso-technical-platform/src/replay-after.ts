/** Where an instance that takes over begins to read again what it keeps in memory or in timers. */
import { activationStream, instantInName } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { type DocumentStore, findActivations, eachOf } from '@flexledger/projections';
import { type Clock, isoFromMs, msFromIso } from '@flexledger/runtime';

const DAY_MS = 86_400_000;
/** Sessions whose delivery began longer ago are over for the DSO. */
const LIVE_DAYS = 3;
/** Setpoints whose window began longer ago are answered, given up and forgotten. */
const CARRIED_DAYS = 2;

/**
 * Before the first session that may still have something to do, at the session scheduled before it;
 * the end of the log when there is none.
 */
export async function liveSessionsAfter(log: EventStore, clock: Clock): Promise<number> {
  const sinceMs = clock.nowMs() - LIVE_DAYS * DAY_MS;
  // Asked first: what is scheduled while the log is read comes after it.
  const head = await log.head();
  let before = BEFORE_FIRST;
  for await (const event of log.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { deliveryStart } = event.data as { deliveryStart: string };
    const startMs = Date.parse(deliveryStart);
    // What cannot be read is told where it is handled; here it is neither over nor live.
    if (Number.isNaN(startMs)) continue;
    if (startMs >= sinceMs) return before;
    before = event.position;
  }
  return head;
}

/**
 * Before the first setpoint that may still be carried or answered, at a session scheduled before it;
 * the end of the log when there is none. Asks the DSO's view of activations, which has to be caught up.
 */
export async function openSetpointsAfter(
  log: EventStore,
  documents: DocumentStore,
  clock: Clock,
): Promise<number> {
  const head = await log.head();
  const from = isoFromMs(clock.nowMs() - CARRIED_DAYS * DAY_MS);
  let first = Infinity;
  const found = eachOf((page) => findActivations(documents, { windowStart: { from } }, page));
  for await (const { windowStart, podId, setpointId } of found) {
    const stream = activationStream(instantInName(msFromIso(windowStart)), podId);
    for await (const { type, data, position } of log.readStream(stream)) {
      const issued = data as { setpointId: string };
      if (type !== 'SetpointIssued' || issued.setpointId !== setpointId) continue;
      first = Math.min(first, position);
      break;
    }
  }
  if (first === Infinity) return head;
  let before = BEFORE_FIRST;
  for await (const { position } of log.readAll({ filter: { types: ['SessionScheduled'] } })) {
    if (position >= first) break;
    before = position;
  }
  return before;
}
