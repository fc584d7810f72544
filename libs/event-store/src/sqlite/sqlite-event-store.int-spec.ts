/** What the embedded engine promises beyond the port: its file, its batches, its readers. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { type Clock, isoFromMs } from '@flexledger/runtime';
import { AppendFailed, EventIdTaken, InvalidAppend } from '../errors';
import { BEFORE_FIRST } from '../port';
import { collect, take, testEvent, testEvents } from '../testing/events';
import { BatchWriter } from './append-batch';
import { Archives } from './archive/archives';
import { COLUMNS, rowChecksum } from './log-format';
import { openForReading, openForWriting } from './open-log-file';
import { PageReader } from './read-pages';
import { openSqliteEventStore, SqliteEventStore } from './sqlite-event-store';

/** Real files on a busy machine may be slow; the tests say nothing of speed. */

/** Each reading is a millisecond later than the one before. */
function tickingClock(): Clock {
  let nowMs = Date.UTC(2026, 2, 17, 10);
  return { nowMs: () => (nowMs += 1) };
}

let folder: string;
let path: string;
let store: SqliteEventStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  path = join(folder, 'events.db');
  store = openSqliteEventStore({ path, clock: tickingClock() });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('the file', () => {
  it('is one plain table that any SQLite tool reads, complete in itself after closing', async () => {
    const event = testEvent('a/0', { data: { z: 1, a: 'è' } });
    await store.append('a', 'noStream', [event]);
    await store.append('a', 0, [testEvent('a/1')]);
    await store.close();
    expect(readdirSync(folder)).toEqual(['events.db']);

    const tool = new Database(path);
    const rows = tool.prepare('SELECT * FROM events ORDER BY position').all();
    const [first] = rows as Record<string, unknown>[];
    const recordedAt = isoFromMs(Date.UTC(2026, 2, 17, 10) + 1);
    const place = { streamId: 'a', revision: 0 };
    const dataJson = '{"a":"è","z":1}';
    const hash = eventHash({ ...event, ...place, dataJson });
    expect(Object.keys(first!)).toEqual([...COLUMNS]);
    expect(first).toEqual({
      ...event,
      ...place,
      position: 0,
      recordedAt,
      data: dataJson,
      hash,
      checksum: rowChecksum({ position: 0, recordedAt, hash }),
    });
    expect(rows).toHaveLength(2);
    expect(tool.pragma('application_id')).toEqual([{ application_id: 0x466c784c }]);
    expect(tool.pragma('user_version')).toEqual([{ user_version: 1 }]);
    tool.close();
  });

  it('is safe against power loss: write-ahead log, and a sync for every commit', () => {
    const file = openForWriting(join(folder, 'other.db'));
    expect(file.db.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(file.db.pragma('synchronous')).toEqual([{ synchronous: 2 }]);
    file.release();
  });

  it('numbers events from 0 without gaps, refused and repeated appends notwithstanding', async () => {
    await store.append('a', 'noStream', testEvents('a', 2));
    await Promise.allSettled([
      store.append('a', 9, [testEvent('ahead')]),
      store.append('a', 'noStream', testEvents('a', 2)),
      store.append('b', 'noStream', [testEvent('b/0'), testEvent('a/1')]),
      store.append('c', 'noStream', testEvents('c', 2)),
    ]);
    const all = await collect(store.readAll());
    expect(all.map((event) => [event.position, event.streamId, event.revision])).toEqual([
      [0, 'a', 0],
      [1, 'a', 1],
      [2, 'c', 0],
      [3, 'c', 1],
    ]);
  });
});

describe('group commit', () => {
  it('puts calls of one turn of the event loop in one transaction', async () => {
    await Promise.all(testEvents('a', 1000).map((event) => store.append('a', 'any', [event])));
    const instants = new Set((await collect(store.readAll())).map((event) => event.recordedAt));
    expect(instants.size).toBe(1);
  });

  it('gathers what arrives by several callbacks and promises of that turn', async () => {
    const appended: Promise<unknown>[] = [];
    const call = (name: string) => appended.push(store.append('a', 'any', [testEvent(name)]));
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        call('by callback');
        void Promise.resolve()
          .then(() => call('by promise'))
          .then(() => process.nextTick(() => call('by tick')))
          .then(resolve);
      }),
    );
    await new Promise(setImmediate);
    await Promise.all(appended);
    const all = await collect(store.readAll());
    expect(all).toHaveLength(3);
    expect(new Set(all.map((event) => event.recordedAt)).size).toBe(1);
  });

  it('bounds a transaction in events and in bytes', async () => {
    await Promise.all(testEvents('a', 5000).map((event) => store.append('a', 'any', [event])));
    const text = 'x'.repeat(1_000_000);
    const large = testEvents('large', 17).map((event) => ({ ...event, data: { text } }));
    await Promise.all(large.map((event) => store.append('large', 'any', [event])));

    const sizes = async (streamId: string): Promise<number[]> => {
      const counts = new Map<string, number>();
      for await (const { recordedAt } of store.readStream(streamId)) {
        counts.set(recordedAt, (counts.get(recordedAt) ?? 0) + 1);
      }
      return [...counts.values()];
    };
    expect(await sizes('a')).toEqual([4096, 904]);
    expect(await sizes('large')).toEqual([8, 8, 1]);
  });

  it('writes all that is queued before it closes, however many transactions it takes', async () => {
    const appended = Promise.all(
      testEvents('a', 5000).map((event) => store.append('a', 'any', [event])),
    );
    await store.close();
    expect((await appended).at(-1)).toEqual({ revision: 4999, position: 4999 });
  });

  it('fails all of a batch when the disk is full, writes nothing of it, and goes on afterwards', async () => {
    const file = openForWriting(join(folder, 'full.db'));
    const archives = new Archives(file.db, file.path);
    const writer = new BatchWriter({ ...file, archives, clock: tickingClock() });
    const full = new SqliteEventStore(file, writer);
    await full.append('a', 'noStream', [testEvent('a/0')]);

    file.db.pragma('max_page_count = 20');
    const text = 'x'.repeat(100_000);
    const failed = await Promise.allSettled([
      full.append('a', 0, [testEvent('a/1')]),
      full.append('b', 'noStream', [testEvent('b/0', { data: { text } })]),
      full.append('c', 0, [testEvent('c/0')]),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const each of failed) {
      expect((each as PromiseRejectedResult).reason).toBeInstanceOf(AppendFailed);
    }
    expect(await full.head()).toBe(0);

    file.db.pragma('max_page_count = 100000');
    expect(await full.append('a', 0, [testEvent('a/1')])).toEqual({ revision: 1, position: 1 });
    expect(await collect(full.readAll())).toHaveLength(2);
    await full.close();
  });
});

describe('equal ids', () => {
  it('append once to one stream even with "any", whatever came between', async () => {
    const first = await store.append('a', 'any', testEvents('a', 3));
    await store.append('a', 'any', [testEvent('between')]);
    expect(await store.append('a', 'any', testEvents('a', 3))).toMatchObject(first);
    expect(await store.append('a', 'any', [testEvent('a/1')])).toEqual({
      revision: 1,
      position: 1,
      repeated: true,
    });
    expect(await collect(store.readAll())).toHaveLength(4);
  });

  it('append once when called together with "any"', async () => {
    const results = await Promise.all(
      Array.from({ length: 5 }, () => store.append('a', 'any', [testEvent('same')])),
    );
    expect(new Set(results.map((result) => result.position))).toEqual(new Set([0]));
    expect(await store.head()).toBe(0);
  });

  it.each([
    ['in another stream', 'b', 'any', ['a/0']],
    ['in another stream, at an expected revision', 'b', 'noStream', ['new', 'a/1']],
    ['partly', 'a', 'any', ['a/2', 'new']],
    ['partly elsewhere', 'b', 'any', ['b/0', 'a/2']],
    ['before the expected revision', 'a', 2, ['a/0']],
  ] as const)(
    'are refused %s, with the place where they stand',
    async (_, stream, expected, names) => {
      await store.append('a', 'noStream', testEvents('a', 3));
      await store.append('b', 'any', [testEvent('b/0')]);
      const before = await collect(store.readAll());
      const [neighbour, refused] = await Promise.allSettled([
        store.append('n', 'noStream', [testEvent('n/0')]),
        store.append(
          stream,
          expected === 'noStream' ? 0 : expected,
          names.map((n) => testEvent(n)),
        ),
        store.append('n', 0, [testEvent('n/1')]),
      ]);
      expect(neighbour.status).toBe('fulfilled');
      expect((refused as PromiseRejectedResult).reason).toBeInstanceOf(EventIdTaken);
      expect((refused as PromiseRejectedResult).reason).toMatchObject({ streamId: 'a' });
      const after = await collect(store.readAll());
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.slice(before.length).map(({ id }) => id)).toEqual([
        testEvent('n/0').id,
        testEvent('n/1').id,
      ]);
    },
  );
});

describe('pages', () => {
  it('hold at most 4 MiB of data, or one event', async () => {
    const sizes = [900_000, 10, 900_000, 900_000, 900_000, 900_000, 10, 10, 1_000_000];
    for (const [index, length] of sizes.entries()) {
      await store.append('a', 'any', [
        testEvent(`${index}`, { data: { text: 'x'.repeat(length) } }),
      ]);
    }
    await store.close();
    const file = openForWriting(path);
    const reader = new PageReader(file.db, path);
    for (const readPage of [
      reader.ofLog(),
      reader.ofLog({ types: ['MeasurementRecorded'] }),
      reader.ofStream('a'),
    ]) {
      const positions: number[] = [];
      for (let reached = BEFORE_FIRST; reached < 8;) {
        const page = readPage(reached, 8);
        const events = [...page.events];
        const bytes = events.reduce((sum, { data }) => sum + canonicalJson(data).length, 0);
        expect(bytes <= 4 * 1024 * 1024 || events.length === 1).toBe(true);
        positions.push(...events.map(({ position }) => position));
        reached = page.reached;
      }
      expect(positions).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
    file.release();
  });

  it('cross long stretches where nothing passes the filter, a bounded stretch at a time', async () => {
    const rare = new Set([0, 16_383, 16_384, 17_000]);
    const appends = Array.from({ length: 18 }, (_, batch) =>
      store.append(
        'a',
        'any',
        testEvents(`${batch}`, 1000).map((event, index) => ({
          ...event,
          type: rare.has(batch * 1000 + index) ? 'Rare' : 'Common',
        })),
      ),
    );
    await Promise.all(appends);
    const filter = { types: ['Rare'] };
    const positions = (await collect(store.readAll({ filter }))).map((event) => event.position);
    expect(positions).toEqual([...rare]);
    const followed = await take(store.subscribe({ after: 0, filter }), 3);
    expect(followed.map((event) => event.position)).toEqual([...rare].slice(1));
    await store.close();

    const file = openForWriting(path);
    const readPage = new PageReader(file.db, path).ofLog({ types: ['Unknown'] });
    expect(readPage(BEFORE_FIRST, 17_999)).toEqual({ events: [], count: 0, reached: 16_383 });
    file.release();
  });
});

describe('raw reading', () => {
  it('gives each row as stored, after a position', async () => {
    await Promise.all(testEvents('a', 1500).map((event) => store.append('a', 'any', [event])));
    const rows = [...store.readRawRows(BEFORE_FIRST)];
    const events = await collect(store.readAll());
    expect(rows).toEqual(
      events.map((event) => ({
        ...event,
        data: canonicalJson(event.data),
        checksum: rowChecksum(event),
      })),
    );
    expect([...store.readRawRows(1489)]).toEqual(rows.slice(1490));
    expect([...store.readRawRows(1499)]).toEqual([]);
  });
});

describe('a read-only store', () => {
  const openReader = (): SqliteEventStore =>
    openSqliteEventStore({ path, clock: tickingClock(), readOnly: true });

  it('reads beside the writer what is committed, and follows it', async () => {
    await store.append('a', 'noStream', testEvents('a', 3));
    const reader = openReader();
    expect(await collect(reader.readAll())).toEqual(await collect(store.readAll()));
    const followed = take(reader.subscribe({ after: BEFORE_FIRST }), 5);
    await store.append('a', 2, testEvents('b', 2));
    expect(await followed).toEqual(await collect(store.readStream('a')));
    expect(await reader.head()).toBe(4);
    await reader.close();
  });

  it('refuses to append', async () => {
    const reader = openReader();
    await expect(reader.append('a', 'any', [testEvent('a')])).rejects.toBeInstanceOf(InvalidAppend);
    await reader.close();
  });

  it('ends its waiting at once when it closes or the signal aborts', async () => {
    const reader = openReader();
    const stop = new AbortController();
    const aborted = collect(reader.subscribe({ after: BEFORE_FIRST, signal: stop.signal }));
    const closed = collect(reader.subscribe({ after: BEFORE_FIRST }));
    await new Promise(setImmediate);
    stop.abort();
    expect(await aborted).toEqual([]);
    await reader.close();
    expect(await closed).toEqual([]);
  });

  it('works without a writer, and stays while writers come and go', async () => {
    await store.append('a', 'noStream', testEvents('a', 2));
    await store.close();
    const reader = openReader();
    expect(await reader.head()).toBe(1);

    for (let round = 0; round < 3; round += 1) {
      const writer = openSqliteEventStore({ path, clock: tickingClock() });
      await writer.append('a', 'any', [testEvent(`round/${round}`)]);
      expect(await reader.head()).toBe(2 + round);
      await writer.close();
    }
    expect(await collect(reader.readAll())).toHaveLength(5);
    await reader.close();
  });

  it('does not keep the writer from leaving a complete file', async () => {
    await store.append('a', 'noStream', testEvents('a', 2));
    const reader = openReader();
    await store.close();
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    const copied = openSqliteEventStore({ path: copy, clock: tickingClock(), readOnly: true });
    expect(await copied.head()).toBe(1);
    await copied.close();
    await reader.close();
  });

  it('cannot write', () => {
    const file = openForReading(path);
    expect(() => file.db.exec('DELETE FROM events')).toThrow(/readonly/);
    file.release();
  });

  it('creates nothing where there is no log', () => {
    const absent = join(folder, 'absent.db');
    expect(() =>
      openSqliteEventStore({ path: absent, clock: tickingClock(), readOnly: true }),
    ).toThrow(/there is no such file/);
    expect(existsSync(absent)).toBe(false);
  });
});
