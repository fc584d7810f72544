/** Where timers begin again: at the first session that may still need one, however odd what stands before it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { VirtualClock, isoFromMs, isoNow } from '@flexledger/runtime';
import { positionBeforeLive } from './live-sessions';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-03-16T10:00:00Z');

const clock = new VirtualClock(NOW_MS);
let folder: string;
let log: EventStore;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-live-'));
  log = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

async function schedule(sessionId: string, data: object): Promise<number> {
  const id = uuidFrom(sessionId);
  const about = { correlationId: id, causationId: id, actor: 'test', occurredAt: isoNow(clock) };
  const event = { id, type: 'SessionScheduled', schemaVersion: 1, ...about, data };
  return (await log.append(`session-${sessionId}`, 'noStream', [event])).position;
}

it('is at the last session before the first whose delivery is recent', async () => {
  const over = await schedule('over', { deliveryStart: isoFromMs(NOW_MS - 4 * DAY_MS) });
  await schedule('live', { deliveryStart: isoFromMs(NOW_MS - 2 * DAY_MS) });
  expect(await positionBeforeLive(log, clock, 3)()).toBe(over);
});

it('passes a session that cannot be read over, as neither over nor live', async () => {
  const over = await schedule('over', { deliveryStart: isoFromMs(NOW_MS - 4 * DAY_MS) });
  await schedule('odd', { nonsense: true });
  await schedule('live', { deliveryStart: isoFromMs(NOW_MS - 2 * DAY_MS) });
  expect(await positionBeforeLive(log, clock, 3)()).toBe(over);
});
