/** A store says the same whichever thread writes for it, and loses nothing when that thread ends. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import Database from 'libsql';
import { wallClock } from '@flexledger/runtime';
import { AppendFailed, EventIdTaken, LogDamaged, RevisionConflict } from '../errors';
import { collect, testEvent, testEvents } from '../testing/events';
import { expectGaplessRevisions, expectSoundHash } from '../testing/expectations';
import { batchMessage, batchOf, writtenMessage, writtenOf } from './batch-message';
import { type SqliteEventStore, openSqliteEventStore } from './sqlite-event-store';

let folder: string;
let path: string;
let store: SqliteEventStore;
/** Those that were begun. */
const mockThreads: Worker[] = [];
/** Whether none can be begun, as where a container has so many threads and no more. */
let mockNone = false;

jest.mock('@flexledger/runtime', () => {
  const runtime = jest.requireActual<typeof import('@flexledger/runtime')>('@flexledger/runtime');
  return {
    ...runtime,
    startModuleThread(...given: Parameters<typeof runtime.startModuleThread>) {
      if (mockNone) throw new Error('no thread');
      const thread = runtime.startModuleThread(...given);
      mockThreads.push(thread);
      return thread;
    },
  };
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-writer-'));
  path = join(folder, 'events.db');
  store = openSqliteEventStore({ path, clock: wallClock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
  mockThreads.length = 0;
  mockNone = false;
});

describe('a thread that writes', () => {
  it('judges appends as the store does, and the store reads and tells what it wrote', async () => {
    await store.append('a', 'noStream', testEvents('a', 2));
    await store.writeApart();
    const [third] = [testEvent('a/2', { data: { z: 1, a: 'è' } })];
    expect(await store.append('a', 1, [third])).toEqual({ revision: 2, position: 2 });
    expect(await store.append('a', 1, [third])).toEqual({
      revision: 2,
      position: 2,
      repeated: true,
    });
    const outcomes = await Promise.allSettled([
      store.append('b', 'noStream', testEvents('b', 3)),
      store.append('a', 'noStream', [testEvent('late')]),
      store.append('c', 'any', [third]),
      store.append('b', 2, [testEvent('b/3')]),
    ]);
    expect(outcomes.map((outcome) => ('value' in outcome ? outcome.value : 'refused'))).toEqual([
      { revision: 2, position: 5 },
      'refused',
      'refused',
      { revision: 3, position: 6 },
    ]);
    const [, conflict, taken] = outcomes as PromiseRejectedResult[];
    expect(conflict!.reason).toEqual(new RevisionConflict('a', 'noStream', 2));
    expect(taken!.reason).toEqual(new EventIdTaken(third.id, 'a', 2));
    const events = await collect(store.readAll());
    expect(events).toHaveLength(7);
    expectGaplessRevisions(events);
    events.forEach(expectSoundHash);
    const [heard] = await Promise.all([
      store.subscribe({ after: 6 }).next(),
      store.append('b', 3, [testEvent('b/4')]),
    ]);
    expect((heard.value as { position: number }).position).toBe(7);
    await store.close();
    expect(readdirSync(folder)).toEqual(['events.db']);
  });

  it('is begun where a thousand events come in a second, and may end at any moment', async () => {
    await store.append('a', 'any', testEvents('a', 999));
    expect(mockThreads).toHaveLength(0);
    await store.append('a', 'any', [testEvent('a/999')]);
    expect(mockThreads).toHaveLength(1);
    await store.writeApart();
    const appended = Promise.all(
      Array.from({ length: 2_000 }, (_, at) =>
        store.append(`s${at % 50}`, 'any', [testEvent(`s/${at}`)]),
      ),
    );
    setImmediate(() => setImmediate(() => void mockThreads[0]!.terminate()));
    await appended;
    await store.append('a', 999, [testEvent('a/1000')]);
    const events = await collect(store.readAll());
    expect(events).toHaveLength(3_001);
    expectGaplessRevisions(events);
    expect(mockThreads).toHaveLength(1);
  });

  it('is none where none can be begun: the store goes on as it did', async () => {
    mockNone = true;
    const unhandled = jest.fn();
    process.once('unhandledRejection', unhandled);
    await store.append('a', 'any', testEvents('a', 1_000));
    expect(await store.append('a', 999, [testEvent('a/1000')])).toMatchObject({ position: 1_000 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('passes over nothing that others wrote before it began', async () => {
    await store.append('a', 'noStream', [testEvent('a/0')]);
    const other = openSqliteEventStore({ path, clock: wallClock });
    const rotated = testEvent('b/0', { type: 'KeyRotated' });
    await other.append('b', 'noStream', [rotated]);
    await other.close();
    await store.writeApart();
    await store.append('a', 0, [testEvent('a/1')]);
    const filter = { types: ['KeyRotated'] };
    expect(await collect(store.readAll({ after: 0, filter }))).toMatchObject([{ id: rotated.id }]);
  });

  it('is none where the log has another clock than the machine', async () => {
    const clock = { nowMs: () => Date.UTC(2026, 2, 17) };
    const simulated = openSqliteEventStore({ path: join(folder, 'simulated.db'), clock });
    await simulated.writeApart();
    await simulated.append('a', 'any', testEvents('a', 1_000));
    expect(mockThreads).toHaveLength(0);
    await simulated.close();
  });

  it('tells why a transaction failed, and goes on afterwards', async () => {
    await store.append('a', 'noStream', [testEvent('a/0')]);
    await store.writeApart();
    const other = new Database(path);
    other.exec('ALTER TABLE events RENAME TO hidden');
    const failing = store.append('a', 0, [testEvent('a/1')]);
    await expect(failing).rejects.toThrow(/append to stream a failed: no such table/);
    await expect(failing).rejects.toBeInstanceOf(AppendFailed);
    other.exec('ALTER TABLE hidden RENAME TO events');
    other.close();
    expect(await store.append('a', 0, [testEvent('a/1')])).toEqual({ revision: 1, position: 1 });
    expect(mockThreads).toHaveLength(1);
  });
});

it('a batch and what became of it are the same at the other end', () => {
  const { data: _, ...event } = testEvent('a');
  const prepared = { ...event, dataJson: '{"text":"è"}' };
  const batch = [
    { streamId: 'a', expected: 'any', events: [prepared, prepared], bytes: 26 },
    { streamId: 'b', expected: 3, events: [prepared], bytes: 13 },
  ] as const;
  expect(batchOf(batchMessage(batch))).toEqual(batch);
  const outcomes = [
    { revision: 3, position: 9 },
    { revision: 3, position: 9, repeated: true as const },
    new RevisionConflict('a', 2, 7),
    new EventIdTaken(event.id, 'b', 1),
    new LogDamaged('log', 'it is cut'),
  ];
  expect(writtenOf(writtenMessage({ outcomes, othersWrote: true }))).toEqual({
    outcomes,
    othersWrote: true,
  });
});
