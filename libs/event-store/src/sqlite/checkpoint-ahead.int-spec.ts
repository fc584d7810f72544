/** What was committed comes into the file while appends go on, so that no commit has to copy all of it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { collect, testEvent } from '../testing/events';
import { checkpointAhead } from './checkpoint-ahead';
import { openSqliteEventStore } from './sqlite-event-store';

/** More than is copied together. */
const DUE_BYTES = 3_000_000;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-checkpoint-'));
  path = join(folder, 'events.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('copies what is due by a thread, tells the writer, and does it again', async () => {
  const store = openSqliteEventStore({ path, clock: wallClock });
  const append = async (from: number): Promise<void> => {
    for (let at = from; at < from + 40; at += 1) {
      const data = { at, text: 'x'.repeat(50_000) };
      await store.append('a', 'any', [testEvent(`a/${at}`, { data })]);
    }
  };
  let finished = (): void => {};
  const ahead = checkpointAhead(path, () => finished());
  const passed = () => new Promise<void>((resolve) => (finished = resolve));

  await append(0);
  // All of it stands in the write-ahead log.
  expect(statSync(path).size).toBeLessThan(100_000);
  ahead.committed(DUE_BYTES - 1_000_000);
  const first = passed();
  ahead.committed(1_000_000);
  await first;
  expect(statSync(path).size).toBeGreaterThan(2_000_000);

  await append(40);
  const second = passed();
  // It has seen by now how many pages a byte takes here: far fewer.
  for (let told = 0; told < 40; told += 1) ahead.committed(10 * DUE_BYTES);
  await second;
  expect(statSync(path).size).toBeGreaterThan(4_000_000);
  expect(await collect(store.readStream('a'))).toHaveLength(80);
  await ahead.end();
  await ahead.end();
  await store.close();
});

it('begins no thread where little is committed, and ends at once', async () => {
  const ahead = checkpointAhead(join(folder, 'nothing.db'), () => {
    throw new Error('nothing was due');
  });
  ahead.committed(1_000);
  await ahead.end();
});
