import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { RecordedEvent } from '@flexledger/domain';
import { LogDamaged, RevisionConflict } from '../../errors';
import { BEFORE_FIRST } from '../../port';
import { collect, take, testEvent } from '../../testing/events';
import { type SetClock, appendMeasured, setClock } from '../../testing/measured-months';
import type { StoredRow } from '../log-format';
import { type SqliteEventStore, openSqliteEventStore } from '../sqlite-event-store';
import { type ArchiveOptions, NotArchived, archiveEvents } from './archive-events';
import { ArchivedByOthers } from './archive-lease';

/** A disk of few MB of its own; undefined where none can be made, as by who is not root. */
const smallDisk = mountedSmallDisk();
const onSmallDisk = smallDisk === undefined ? it.skip : it;
const leftOut = smallDisk === undefined ? ' (left out: no tmpfs can be mounted)' : '';
afterAll(() => {
  if (smallDisk === undefined) return;
  spawnSync('umount', ['-l', smallDisk]);
  rmSync(smallDisk, { recursive: true });
});

function mountedSmallDisk(): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'event-store-small-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  if (status === 0) return disk;
  rmSync(disk, { recursive: true });
  return undefined;
}

const JANUARY_MS = Date.parse('2026-01-31T06:00:00.000Z');
const MEASURED = { nodes: 12, quarterHours: 144, fromMs: JANUARY_MS };
const STREAM = 'meter-IT002E10000003-2026-01';

let folder: string;
let path: string;
let clock: SetClock;
let store: SqliteEventStore;
let rows: readonly StoredRow[];
let events: readonly RecordedEvent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-archive-'));
  path = join(folder, 'events.db');
  clock = setClock(JANUARY_MS);
  store = openSqliteEventStore({ path, clock });
  await appendMeasured(store, clock, MEASURED);
  rows = [...store.readRawRows()];
  events = await collect(store.readAll());
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const archive = (options: Partial<ArchiveOptions> = {}) =>
  archiveEvents({ path, before: '2026-02', streamPrefix: 'meter-', rowsPerFile: 300, ...options });

const archived = (): string[] =>
  readdirSync(`${path}-archive`).map((name) => join(`${path}-archive`, name));

async function reopened(readOnly = false): Promise<SqliteEventStore> {
  await store.close();
  store = openSqliteEventStore({ path, clock, readOnly });
  return store;
}

function rowsOfFile(): number {
  const db = new Database(path);
  const [[count]] = db.prepare('SELECT count(*) FROM events').raw().all() as [[number]];
  db.close();
  return count;
}

describe('a log whose closed months are in its archive', () => {
  it('reads as before: all of it, streams, filters, from any place, and as stored', async () => {
    const { files } = await archive();
    const inFebruary = rows.filter(({ recordedAt }) => recordedAt >= '2026-02').length;
    expect(files.map(({ month }) => month)).toEqual(files.map(() => '2026-01'));
    const gone = files.reduce((sum, { events: count }) => sum + count, 0);
    expect(gone).toBeGreaterThan(700);
    expect(rowsOfFile()).toBe(rows.length - gone);
    expect(rowsOfFile()).toBeGreaterThan(inFebruary);

    for (const open of [() => store, reopened, () => reopened(true)]) {
      const opened = await open();
      expect([...opened.readRawRows()]).toEqual(rows);
      expect(await collect(opened.readAll())).toEqual(events);
      expect(await collect(opened.readAll({ readAhead: true }))).toEqual(events);
      for (const at of [0, 299, 301, 700, events.length - 2]) {
        const { position, streamId, revision } = events[at]!;
        expect(await collect(opened.readAll({ after: position, limit: 400 }))).toEqual(
          events.slice(at + 1, at + 401),
        );
        const [event] = await take(opened.readStream(streamId, revision), 1);
        expect(event).toEqual(events[at]);
      }
      const ofStream = events.filter(({ streamId }) => streamId === STREAM);
      expect(await collect(opened.readStream(STREAM))).toEqual(ofStream);
      expect(await collect(opened.readStream(STREAM, 40))).toEqual(ofStream.slice(40));
      for (const filter of [
        { types: ['PacketRejected', 'NoteMade'] },
        { types: ['MeasurementRecorded'], streamPrefixes: ['meter-IT002E10000003', 'notes'] },
        { streamPrefixes: ['meter-IT002E1000000'] },
        { streamPrefixes: ['met', 'x'] },
        { types: [] },
      ]) {
        const { types, streamPrefixes } = filter as { types?: string[]; streamPrefixes?: string[] };
        const wanted = events.filter(
          ({ type, streamId }) =>
            (!types || types.includes(type)) &&
            (!streamPrefixes || streamPrefixes.some((prefix) => streamId.startsWith(prefix))),
        );
        expect(await collect(opened.readAll({ filter }))).toEqual(wanted);
        expect(await collect(opened.readAll({ filter, limit: 50 }))).toEqual(wanted.slice(0, 50));
      }
    }
  });

  it('takes less than 200 bytes a packet in its archive, and gives the room of its file back', async () => {
    await store.close();
    const before = statSync(path).size;
    const { files, roomKept, bytesAfter } = await archive({ rowsPerFile: 10_000 });
    const file = files[0]!;
    expect(files).toHaveLength(1);
    expect(file.bytes).toBe(statSync(archived()[0]!).size);
    expect(file.bytes / file.events).toBeLessThan(200);
    expect(roomKept).toBeUndefined();
    expect(bytesAfter).toBe(statSync(path).size);
    expect(bytesAfter).toBeLessThan(before - 500 * file.events);
  });

  it('goes on where its streams end, answers a repeat, and refuses what comes too late', async () => {
    await archive();
    const ofStream = events.filter(({ streamId }) => streamId === STREAM);
    const last = ofStream.length - 1;
    const append = (expected: number, event: RecordedEvent) =>
      store.append(STREAM, expected, [event]);
    expect(await append(4, ofStream[5]!)).toEqual({
      revision: 5,
      position: ofStream[5]!.position,
      repeated: true,
    });
    const late = store.append(STREAM, 4, [testEvent('late')]);
    await expect(late).rejects.toBeInstanceOf(RevisionConflict);
    await expect(late).rejects.toMatchObject({ actual: last });
    await store.append(STREAM, last, [testEvent('next'), testEvent('next but one')]);
    const more = await collect(store.readStream(STREAM));
    expect(more.map(({ revision }) => revision)).toEqual([...ofStream.keys(), last + 1, last + 2]);

    // What was the last of its stream stays in the file between two files of the archive.
    await archive({ before: '2027-01' });
    expect(await collect(store.readStream(STREAM))).toEqual(more);
    expect(await collect(store.readAll())).toEqual([...events, ...more.slice(-2)]);
  });

  it('finds nothing more to archive, and no month that is not closed', async () => {
    expect((await archive({ before: '2026-01' })).files).toEqual([]);
    await archive();
    const again = await archive();
    expect(again.files).toEqual([]);
    expect(archived().length).toBeGreaterThan(2);
  });
});

describe('while it is archived', () => {
  it('a reader that began before loses and repeats nothing', async () => {
    const seen: RecordedEvent[] = [];
    for await (const event of store.readAll()) {
      if (seen.length === 100) await archive();
      seen.push(event);
    }
    expect(seen).toEqual(events);
    const ofStream: RecordedEvent[] = [];
    for await (const event of store.readStream(STREAM)) {
      if (ofStream.length === 3) await archive({ before: '2026-03' });
      ofStream.push(event);
    }
    expect(ofStream).toEqual(events.filter(({ streamId }) => streamId === STREAM));
  });

  it('a thread that reads ahead loses nothing', async () => {
    await appendMeasured(store, clock, { ...MEASURED, nodes: 100, fromMs: JANUARY_MS + 3e9 });
    const all = await collect(store.readAll());
    expect(all.length).toBeGreaterThan(16_000);
    const seen: number[] = [];
    for await (const { position } of store.readAll({ readAhead: true })) {
      if (seen.length === 600) await archive({ before: '2026-04', rowsPerFile: 4_000 });
      seen.push(position);
    }
    expect(seen).toEqual(all.map(({ position }) => position));
  });

  it('a thread that starts where the archive ended before more went into it loses nothing', async () => {
    await appendMeasured(store, clock, { ...MEASURED, nodes: 100, fromMs: JANUARY_MS + 3e9 });
    const all = await collect(store.readAll());
    await archive();
    const seen: number[] = [];
    for await (const { position } of store.readAll({ readAhead: true })) {
      if (seen.length === 10) await archive({ before: '2026-04', rowsPerFile: 4_000 });
      seen.push(position);
    }
    expect(seen).toEqual(all.map(({ position }) => position));
  });

  it('a subscription and appends of others go on', async () => {
    const followed = take(store.subscribe({ after: BEFORE_FIRST }), events.length + 5);
    const archiving = archive();
    for (let index = 0; index < 5; index += 1) {
      await store.append('others', 'any', [testEvent(`other/${index}`)]);
    }
    await archiving;
    const seen = await followed;
    expect(seen.slice(0, events.length)).toEqual(events);
    expect(seen.slice(-5).map(({ streamId }) => streamId)).toEqual(Array(5).fill('others'));
  });

  it('a second one that archives is told, and nothing is archived twice', async () => {
    const [first, second] = await Promise.allSettled([archive(), archive()]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { roomKept: 'others-read' } });
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(ArchivedByOthers) });
    expect((await archive()).files).toEqual([]);
    expect([...(await reopened()).readRawRows()]).toEqual(rows);
  });

  onSmallDisk(
    `the disk fills up: what was archived is, and the file stays as long as it was${leftOut}`,
    async () => {
      await store.close();
      const there = join(smallDisk!, 'events.db');
      copyFileSync(path, there);
      const ballast = join(smallDisk!, 'ballast');
      const full = await archive({ path: there, rowsPerFile: 10_000, onFile: () => fill(ballast) });
      expect(full).toMatchObject({ roomKept: 'disk-full', files: [{ rowsStand: false }] });
      const opened = openSqliteEventStore({ path: there, clock, readOnly: true });
      expect([...opened.readRawRows()]).toEqual(rows);
      await opened.close();
      unlinkSync(ballast);
      const again = await archive({ path: there });
      expect(again).toMatchObject({ roomKept: undefined, files: [] });
      expect(again.bytesAfter).toBeLessThan(again.bytesBefore);
      const appending = openSqliteEventStore({ path: there, clock });
      await appending.append('others', 'any', [testEvent('other')]);
      expect([...appending.readRawRows()].slice(0, -1)).toEqual(rows);
      await appending.close();
      store = openSqliteEventStore({ path, clock });
    },
  );
});

/** Writes a file until the disk takes no more. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (let block = Buffer.alloc(65_536); block.length > 0;) {
      try {
        writeSync(handle, block);
      } catch {
        block = block.subarray(0, block.length >> 1);
      }
    }
  } finally {
    closeSync(handle);
  }
}

describe('an event that is not as it was', () => {
  it('is not archived, and named', async () => {
    await store.close();
    const db = new Database(path);
    db.exec("UPDATE events SET actor = 'nobody' WHERE position = 350");
    db.close();
    await expect(archive()).rejects.toThrow('the one at position 350 does not match its hash');
    await expect(archive()).rejects.toBeInstanceOf(NotArchived);
    // The file before it was whole, and stays archived.
    expect(archived()).toHaveLength(1);
  });

  it('is not archived when another was certified', async () => {
    const isCertifiedAs = (position: number) => (position < 20 ? true : position !== 20);
    await expect(archive({ isCertifiedAs })).rejects.toThrow(
      'the one at position 20 is not the one that was certified',
    );
    expect([...store.readRawRows()]).toEqual(rows);
  });
});

it('that cannot be written leaves the log as it is', async () => {
  // A link to nowhere in the place of the folder: what root can write to as little as others.
  symlinkSync(join(folder, 'nowhere', 'at all'), `${path}-archive`);
  await expect(archive()).rejects.toThrow('cannot be written');
  expect([...store.readRawRows()]).toEqual(rows);
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
});

describe('what the log lists of a file', () => {
  it.each([
    ['a type', `types = '["PacketRejected"]'`],
    ['streams', "streamPrefix = 'meter-IT002E10000003'"],
    ['its last events', 'lastPosition = lastPosition - 1'],
    ['its first events', 'firstPosition = firstPosition + 1'],
  ])('without %s that it holds hides nothing from who reads it', async (_, change) => {
    await archive();
    await store.close();
    const db = new Database(path);
    db.exec(`UPDATE archives SET ${change} WHERE number = 1`);
    db.close();
    store = await reopened();
    expect(() => [...store.readRawRows()]).toThrow(LogDamaged);
    expect(() => [...store.readRawRows()]).toThrow(
      /of its archive holds event \d+, .* lists it with/,
    );
    await expect(collect(store.readAll())).rejects.toBeInstanceOf(LogDamaged);
  });
});

describe('a file of the archive that', () => {
  beforeEach(async () => {
    await archive();
    await store.close();
  });

  const firstFile = (): string => {
    const db = new Database(path);
    const [[address]] = db.prepare('SELECT address FROM archives WHERE number = 1').raw().all() as [
      [string],
    ];
    db.close();
    return archived().find((name) => name.includes(address))!;
  };
  const flip = (file: string, at: number): void => {
    const bytes = readFileSync(file);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    writeFileSync(file, bytes);
  };

  it.each<[string, (file: string) => void, string]>([
    ['is missing', (file) => unlinkSync(file), 'is missing'],
    ['is truncated', (file) => truncateSync(file, 5_000), 'has 5000 bytes instead of'],
    ['has another index', (file) => flip(file, -20), 'is damaged, or is not the one'],
    ['has no end', (file) => flip(file, -4), 'does not end as an archive does'],
    [
      'is of another log',
      (file) =>
        copyFileSync(
          archived().find((other) => other !== file)!,
          file,
        ),
      'its archive',
    ],
  ])('%s is named when the log is opened', (_, harm, reason) => {
    const file = firstFile();
    harm(file);
    const open = () => openSqliteEventStore({ path, clock });
    expect(open).toThrow(LogDamaged);
    expect(open).toThrow(reason);
    expect(open).toThrow(file.slice(-60));
    expect(open).toThrow('put it back from a backup');
  });

  it('is damaged inside is named by who reads it, and others read on', async () => {
    flip(firstFile(), 300);
    store = openSqliteEventStore({ path, clock });
    const reason = 'is damaged: block 0 is not as it was written';
    await expect(collect(store.readAll())).rejects.toThrow(reason);
    await expect(collect(store.readStream(rows[0]!.streamId))).rejects.toBeInstanceOf(LogDamaged);
    expect(() => [...store.readRawRows()]).toThrow(reason);
    const notes = await collect(store.readAll({ filter: { types: ['NoteMade'] } }));
    expect(notes).toEqual(events.filter(({ type }) => type === 'NoteMade'));
    const { position } = rows.findLast(({ recordedAt }) => recordedAt < '2026-02')!;
    expect(await collect(store.readAll({ after: position }))).toEqual(
      events.filter((event) => event.position > position),
    );
  });

  it('is no longer named is missed', async () => {
    const db = new Database(path);
    db.exec('DELETE FROM archives WHERE number = 2');
    db.close();
    expect(() => openSqliteEventStore({ path, clock })).toThrow('of the 3 files of its archive');
    store = openSqliteEventStore({ path: join(folder, 'other.db'), clock });
  });
});
