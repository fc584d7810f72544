/** Opening: any number of stores, a whole file or none, and damage told at once or when it is met. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { eventHash } from '@flexledger/identity';
import { drawInteger, seededRandom, wallClock } from '@flexledger/runtime';
import { LogDamaged } from '../errors';
import { BEFORE_FIRST } from '../port';
import { collect, testEvent, testEvents } from '../testing/events';
import { rowChecksum, type StoredRow } from './log-format';
import { openSqliteEventStore, type SqliteEventStore } from './sqlite-event-store';

/** Real files on a busy machine may be slow; the tests say nothing of speed. */

const EVENTS = 60;
let folder: string;
/** A sound, closed log of `EVENTS` events; tests work on copies. */
let sound: string;
let soundRows: StoredRow[];
let path: string;

const openWriter = (at = path): SqliteEventStore =>
  openSqliteEventStore({ path: at, clock: wallClock });
const openReader = (at = path): SqliteEventStore =>
  openSqliteEventStore({ path: at, clock: wallClock, readOnly: true });

beforeAll(async () => {
  sound = join(mkdtempSync(join(tmpdir(), 'event-store-sound-')), 'sound.db');
  const store = openWriter(sound);
  for (let index = 0; index < EVENTS; index += 1) {
    const data = { index, text: 'x'.repeat(index === 30 ? 9_000 : 5 * index) };
    await store.append(`s-${index % 4}`, 'any', [testEvent(`${index}`, { data })]);
  }
  soundRows = [...store.readRawRows()];
  await store.close();
});
afterAll(() => rmSync(join(sound, '..'), { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  path = join(folder, 'events.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A copy of the sound log, changed by SQL as a stranger would. */
function copyChangedBy(sql: string): void {
  copyFileSync(sound, path);
  const tool = new Database(path);
  tool.exec(sql);
  tool.close();
}

describe('several stores on one file', () => {
  it('append to one log by any name of it', async () => {
    const first = openWriter();
    symlinkSync(path, join(folder, 'link.db'));
    symlinkSync(folder, `${folder}-link`);
    const others = [
      openWriter(join(folder, 'link.db')),
      openWriter(join(`${folder}-link`, 'events.db')),
    ];
    rmSync(`${folder}-link`);
    for (const [index, store] of [first, ...others].entries()) {
      expect(store.path).toBe(first.path);
      await store.append('a', index === 0 ? 'noStream' : index - 1, [testEvent(`a/${index}`)]);
    }
    expect(await collect(first.readStream('a'))).toHaveLength(3);
    await Promise.all([first, ...others].map((store) => store.close()));
  });

  it('close one by one, and the last one leaves a file that is complete in itself', async () => {
    const copy = join(folder, 'copy.db');
    for (const lastToClose of [0, 1]) {
      const stores = [openWriter(), openWriter()];
      const [last] = stores.splice(lastToClose, 1);
      await stores[0]!.append('a', 'any', [testEvent(`${lastToClose}/first`)]);
      await stores[0]!.close();
      await last!.append('a', 'any', [testEvent(`${lastToClose}/last`)]);
      await last!.close();
      copyFileSync(path, copy);
      const reader = openReader(copy);
      expect(await collect(reader.readStream('a'))).toHaveLength(2 * (lastToClose + 1));
      await reader.close();
    }
  });

  it('keep nothing of a file whose opening failed', async () => {
    copyFileSync(sound, path);
    truncateSync(path, 5000);
    expect(() => openWriter()).toThrow(LogDamaged);
    copyFileSync(sound, path);
    await openWriter().close();
  });
});

describe('creating', () => {
  it('makes the folder and a log that is empty but whole', async () => {
    path = join(folder, 'deep', 'er', 'events.db');
    const store = openWriter();
    expect(await store.head()).toBe(BEFORE_FIRST);
    await store.close();
    expect(await collect(openReader().readAll())).toEqual([]);
  });

  it('starts anew where a crash left an unfinished file', async () => {
    const left = `${path}.new-AbCdEf`;
    mkdirSync(left);
    writeFileSync(join(left, 'log'), 'half a page');
    const anHourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(left, anHourAgo, anHourAgo);
    await openWriter().close();
    expect(readdirSync(folder)).toEqual(['events.db']);
  });

  it('leaves alone what another process is creating just now', async () => {
    mkdirSync(`${path}.new-AbCdEf`);
    await openWriter().close();
    expect(readdirSync(folder).sort()).toEqual(['events.db', 'events.db.new-AbCdEf']);
  });

  it('refuses to put a new file under the write-ahead log of a lost one', () => {
    writeFileSync(`${path}-wal`, 'frames');
    expect(() => openWriter()).toThrow(/write-ahead log .* stands/);
    expect(readdirSync(folder)).not.toContain('events.db');
  });
});

describe('a file that is no sound log is refused', () => {
  const expectRefused = (at: string, reason: RegExp): void => {
    for (const open of [openWriter, openReader]) {
      expect(() => open(at)).toThrow(LogDamaged);
      expect(() => open(at)).toThrow(reason);
    }
  };

  it('wherever it is truncated', () => {
    const bytes = readFileSync(sound);
    const random = seededRandom(1, 'truncate');
    const lengths = [0, 1, 511, 512, 4095, 4096, 8192, bytes.length - 4096, bytes.length - 1];
    for (let count = 0; count < 20; count += 1) {
      lengths.push(drawInteger(random, 0, bytes.length - 1));
    }
    for (const length of lengths) {
      const cut = join(folder, `${length}.db`);
      writeFileSync(cut, bytes.subarray(0, length));
      expectRefused(cut, /truncated|malformed/);
    }
  });

  it.each([
    ['a folder', () => mkdirSync(path), /not a file/],
    ['text', () => writeFileSync(path, 'position;id\n'.repeat(500)), /not a SQLite database/],
    ['another application', () => copyChangedBy('PRAGMA application_id = 7'), /no event log/],
    [
      'a newer format',
      () => copyChangedBy('PRAGMA user_version = 3'),
      /format is 3.*knows 1 and 2/,
    ],
    [
      'a log with a trigger',
      () => copyChangedBy('CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END'),
      /tables are not those/,
    ],
    [
      'a log with another table',
      () => copyChangedBy('ALTER TABLE events ADD COLUMN note TEXT'),
      /tables are not those/,
    ],
    [
      'a log whose last event was changed',
      () => copyChangedBy(`UPDATE events SET actor = 'dso' WHERE position = ${EVENTS - 1}`),
      /last event, at position 59/,
    ],
    [
      'a log whose last instant was changed',
      () => copyChangedBy(`UPDATE events SET recordedAt = 'x' WHERE position = ${EVENTS - 1}`),
      /last event, at position 59/,
    ],
  ])('%s', (_, make, reason) => {
    make();
    expectRefused(path, reason);
  });
});

describe('damage in the middle', () => {
  it('shows when it is read, with its position, and raw reading goes past it', async () => {
    copyChangedBy(`UPDATE events SET data = substr(data, 2) WHERE position = 20`);
    const store = openWriter();
    await expect(collect(store.readAll())).rejects.toBeInstanceOf(LogDamaged);
    await expect(collect(store.readAll())).rejects.toThrow(/position 20 is no JSON/);
    await expect(collect(store.readStream('s-0'))).rejects.toThrow(/position 20 is no JSON/);
    await expect(collect(store.subscribe({ after: BEFORE_FIRST }))).rejects.toThrow(
      /position 20 is no JSON/,
    );

    const rows = [...store.readRawRows()];
    expect(rows.filter((row) => !isSound(row)).map((row) => row.position)).toEqual([20]);
    expect(rows[20]!.data).toBe(soundRows[20]!.data.slice(1));
    await store.close();
  });

  it.each([
    ['bytes that are no UTF-8', `data = CAST(x'7b22ff227d' AS TEXT)`],
    ['a name that is no UTF-8', `streamId = CAST(x'732dc3' AS TEXT)`],
    ['a blob', `actor = x'00ff'`],
    ['text for a number', `revision = 'five'`],
    ['separators of any kind', `actor = char(0, 10, 30, 31, 34, 92, 8232)`],
    ['another instant of storage', `recordedAt = '2026-03-17T10:00:00.001Z'`],
  ])('ends no process when it is %s', async (_, change) => {
    copyChangedBy(`UPDATE events SET ${change} WHERE position = 20`);
    const store = openReader();
    const rows = [...store.readRawRows()];
    expect(rows).toHaveLength(EVENTS);
    expect(rows.filter((row) => !isSound(row)).map((row) => row.position)).toEqual([20]);
    await store.close();
  });

  it('shows lost rows as lost where their stream is read; a gap of positions says nothing', async () => {
    copyChangedBy('DELETE FROM events WHERE position IN (2, 20, 21)');
    const store = openReader();
    await expect(collect(store.readStream('s-2'))).rejects.toThrow(/revision 0 is missing/);
    await expect(collect(store.readStream('s-0'))).rejects.toThrow(/revision 5 is missing/);
    await expect(collect(store.readStream('s-1'))).rejects.toThrow(/revision 5 is missing/);
    expect(await collect(store.readStream('s-3'))).toHaveLength(EVENTS / 4);
    expect(await collect(store.readAll())).toHaveLength(EVENTS - 3);
    expect([...store.readRawRows()]).toHaveLength(EVENTS - 3);
    await store.close();
  });

  it('is told, never crashed on, wherever bytes change', async () => {
    const bytes = readFileSync(sound);
    const random = seededRandom(7, 'damage');
    const outcomes = new Set<string>();
    for (let round = 0; round < 150; round += 1) {
      const damaged = Buffer.from(bytes);
      damaged[drawInteger(random, 0, bytes.length - 1)] = drawInteger(random, 0, 255);
      const copy = join(folder, `${round}.db`);
      writeFileSync(copy, damaged);
      outcomes.add(outcomeOfReading(copy));
    }
    expect([...outcomes].filter((outcome) => !EXPECTED_OUTCOMES.has(outcome))).toEqual([]);
    expect(outcomes.size).toBe(EXPECTED_OUTCOMES.size);
  });

  const EXPECTED_OUTCOMES = new Set(['as it was', 'rows unsound', 'LogDamaged']);

  /** Bytes of indexes and free space change no row; all else must show. */
  function outcomeOfReading(at: string): string {
    try {
      const store = openReader(at);
      const rows = [...store.readRawRows()];
      void store.close();
      const same = JSON.stringify(rows) === JSON.stringify(soundRows);
      const allSound = rows.length === EVENTS && rows.every(isSound);
      if (same) return 'as it was';
      return allSound ? 'CHANGED UNSEEN' : 'rows unsound';
    } catch (error) {
      return (error as Error).name;
    }
  }
});

it('appends to a log that another run filled', async () => {
  copyFileSync(sound, path);
  const store = openWriter();
  const result = await store.append('s-0', EVENTS / 4 - 1, testEvents('more', 2));
  expect(result).toEqual({ revision: EVENTS / 4 + 1, position: EVENTS + 1 });
  await store.close();
});

function isSound(row: StoredRow): boolean {
  return (
    row.hash === eventHash({ ...row, dataJson: row.data }) && row.checksum === rowChecksum(row)
  );
}
