/** Where processors begin on a log: after what is over, whatever else stands in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BEFORE_FIRST, type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { positionBeforeLive } from './live-position';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 2, 17, 10);
const clock = new VirtualClock(NOW_MS);
let folder: string;
let log: SqliteEventStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'live-position-'));
  log = openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

/** Position of a session scheduled with such data. */
async function scheduled(number: number, data: object): Promise<number> {
  const id = `00000000-0000-4000-8000-00000000000${number}`;
  const context = { correlationId: id, causationId: id, actor: 'platform:market' };
  const occurredAt = isoFromMs(NOW_MS);
  const event = { id, type: 'SessionScheduled', schemaVersion: 1, occurredAt, ...context, data };
  const { position } = await log.append(`session-${number}`, 'noStream', [event]);
  return position;
}
const deliveringIn = (days: number): object => ({
  deliveryStart: isoFromMs(NOW_MS + days * DAY_MS),
});

it('is the beginning of a log without sessions, or with live ones only', async () => {
  expect(await positionBeforeLive(log, clock)).toBe(BEFORE_FIRST);
  await scheduled(1, deliveringIn(1));
  expect(await positionBeforeLive(log, clock)).toBe(BEFORE_FIRST);
});

it('is the last session that is over', async () => {
  const over = await scheduled(1, deliveringIn(-9));
  await scheduled(2, deliveringIn(0));
  expect(await positionBeforeLive(log, clock)).toBe(over);
});

it('takes a session that cannot be read for none', async () => {
  const over = await scheduled(1, deliveringIn(-9));
  await scheduled(2, { unheardOf: true });
  expect(await positionBeforeLive(log, clock)).toBe(over);
  await scheduled(3, deliveringIn(0));
  expect(await positionBeforeLive(log, clock)).toBe(over);
});
