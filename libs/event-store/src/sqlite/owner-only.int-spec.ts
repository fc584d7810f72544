/** Databases are for their owner only, whatever the folder lets others do; who gave others a right meant it. */
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { openSqliteProcessorState } from '../processor/sqlite-processor-state';
import { testEvent } from '../testing/events';
import { openSqliteEventStore } from './sqlite-event-store';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'owner-only-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (name: string): number => statSync(path.join(folder, name)).mode & 0o777;

it('the log and its write-ahead log', async () => {
  const file = path.join(folder, 'events.sqlite');
  const log = openSqliteEventStore({ path: file, clock: wallClock });
  await log.append('a', 'noStream', [testEvent('a/0')]);
  expect([modeOf('events.sqlite'), modeOf('events.sqlite-wal')]).toEqual([0o600, 0o600]);
  await log.close();
  chmodSync(file, 0o640);
  await openSqliteEventStore({ path: file, clock: wallClock }).close();
  expect(modeOf('events.sqlite')).toBe(0o640);
});

it('the state of processors', async () => {
  const file = path.join(folder, 'processors.sqlite');
  const state = await openSqliteProcessorState({ path: file, clock: wallClock });
  expect(modeOf('processors.sqlite')).toBe(0o600);
  await state.close();
});
