/** Long reads by a thread: the same events, and nothing left behind however the read ends. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { LogClosed, LogDamaged } from '../errors';
import { BEFORE_FIRST } from '../port';
import { collect, testEvents } from '../testing/events';
import { FORMAT_VERSION } from './log-format';
import { PageReader } from './read-pages';
import { startReadAhead } from './read-ahead';
import { openForReading } from './open-log-file';
import { openSqliteEventStore, type SqliteEventStore } from './sqlite-event-store';

const EVENTS = 10_000;

let sound: string;
let folder: string;
let path: string;
let store: SqliteEventStore;

beforeAll(async () => {
  sound = mkdtempSync(join(tmpdir(), 'read-ahead-log-'));
  path = join(sound, 'events.db');
  const log = openStore();
  const appends = Array.from({ length: EVENTS / 100 }, (_, batch) => {
    const events = testEvents(`${batch}`, 100);
    events[7] = { ...events[7]!, type: 'Rare' };
    return log.append(`s-${batch % 7}`, 'any', events);
  });
  await Promise.all(appends);
  await log.close();
});
afterAll(() => rmSync(sound, { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-ahead-'));
  path = join(folder, 'events.db');
  copyFileSync(join(sound, 'events.db'), path);
  store = openStore();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function openStore(): SqliteEventStore {
  return openSqliteEventStore({ path, clock: { nowMs: () => Date.UTC(2026, 2, 17) } });
}

/** What stands in the folder; a connection still open would keep a write-ahead log there. */
function filesLeft(): string[] {
  return readdirSync(folder).sort();
}

describe('readAll with readAhead', () => {
  it.each([
    ['the whole log', {}],
    ['after a position', { after: 1_234 }],
    ['by types', { filter: { types: ['Rare'] } }],
    ['by streams', { filter: { streamPrefixes: ['s-3', 's-5'] } }],
    ['with a limit', { limit: 9_001 }],
    ['a short end of the log', { after: EVENTS - 5 }],
  ])('gives the events of readAll: %s', async (_, options) => {
    const expected = await collect(store.readAll(options));
    expect(await collect(store.readAll({ ...options, readAhead: true }))).toEqual(expected);
  });

  it('ends where the log ended when reading began', async () => {
    let count = 0;
    for await (const { position } of store.readAll({ readAhead: true })) {
      if (position === 0) await store.append('later', 'any', testEvents('later', 10));
      count += 1;
    }
    expect(count).toBe(EVENTS);
  });

  it('gives the file free when it is broken off', async () => {
    for await (const { position } of store.readAll({ readAhead: true })) {
      if (position === 700) break;
    }
    await store.close();
    expect(filesLeft()).toEqual(['events.db']);
  });

  it('ends with LogClosed when the store closes meanwhile, and gives the file free', async () => {
    let closing: Promise<void> | undefined;
    const reading = (async () => {
      for await (const { position } of store.readAll({ readAhead: true })) {
        if (position === 700) closing = store.close();
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(LogClosed);
    await closing;
    expect(filesLeft()).toEqual(['events.db']);
  });

  it('gives what stands before a damaged event, and names it', async () => {
    await store.close();
    const tool = new Database(path);
    tool.exec(`UPDATE events SET data = '{"cut":' WHERE position = 6000`);
    tool.close();
    store = openStore();
    const positions: number[] = [];
    const reading = (async () => {
      for await (const { position } of store.readAll({ readAhead: true })) positions.push(position);
    })();
    await expect(reading).rejects.toThrow(LogDamaged);
    await expect(reading).rejects.toThrow(/position 6000 is no JSON/);
    expect(positions).toEqual(Array.from({ length: 6_000 }, (_, position) => position));
  });
});

describe('the thread', () => {
  it('gives every page, in order', async () => {
    await store.close();
    const file = openForReading(path);
    const ahead = new PageReader(file.db, path).aheadOfLog(undefined, {
      after: BEFORE_FIRST,
      last: EVENTS - 1,
      userVersion: FORMAT_VERSION,
    });
    const positions: number[] = [];
    for (let reached = BEFORE_FIRST; reached < EVENTS - 1;) {
      const page = await ahead.next();
      positions.push(...[...page!.events].map(({ position }) => position));
      reached = page!.reached;
    }
    await ahead.end();
    file.release();
    expect(positions).toEqual(Array.from({ length: EVENTS }, (_, position) => position));
  });

  it('tells that it is gone when it fails', async () => {
    const query = {
      weighSql: 'no SQL',
      fetchSql: '',
      rowsPerPage: 1,
      bytesPerPage: 1,
      keysPerPage: 1,
    };
    const thread = startReadAhead({ path, query, scope: [], after: BEFORE_FIRST, last: 9 });
    expect(await thread.next()).toBeUndefined();
    expect(await thread.next()).toBeUndefined();
    await thread.end();
  });
});
