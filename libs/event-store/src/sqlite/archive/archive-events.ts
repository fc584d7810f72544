/**
 * Events of closed months out of the log's own file into its archive, stretch by stretch: written, read back and
 * compared, named by the log, and only then removed from the file. Wherever it is cut off, each row stands in the
 * file, in the archive, or in both; done again, it goes on where it was.
 *
 * A month is that in which the log recorded an event, so that each file has one stretch of positions. The last event
 * of every stream stays in the file: so appends know their revision, and the log its end, without the archive.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'libsql';
import { eventHash } from '@flexledger/identity';
import { type FaultPoints, messageOf, noFaults, sleep, wallClock } from '@flexledger/runtime';
import { LogDamaged } from '../../errors';
import { BEFORE_FIRST } from '../../port';
import { untilFree } from '../busy-file';
import { PAUSE_MS } from '../fair-turns';
import {
  ARCHIVES_TABLE_SQL,
  COLUMNS,
  type StoredRow,
  archivedUserVersion,
  readUserVersion,
  rowChecksum,
} from '../log-format';
import { type OpenLogFile, openForWriting } from '../open-log-file';
import { PageReader, rowsToArchive } from '../read-pages';
import { isUnwritable } from '../sqlite-errors';
import { type WrittenArchive, openArchive, writeArchive } from './archive-file';
import { ArchivedByOthers, takeArchiveLease } from './archive-lease';
import { type ListedArchive, archiveFolder, archivePath, listedIn } from './archives';
import { type RoomKept, giveBack } from './give-back';

export interface ArchiveOptions {
  /** The log's file. */
  readonly path: string;
  /** Events recorded before this month (`yyyy-mm`, UTC) go. */
  readonly before: string;
  /** Of streams whose names begin so. */
  readonly streamPrefix: string;
  /** What is certified of the event at a position: whether it is this hash; undefined when nothing is. */
  readonly isCertifiedAs?: (position: number, hash: string) => boolean | undefined;
  /** Told of each file once its rows are gone from the log's own. */
  readonly onFile?: (file: ListedArchive) => void;
  /** Rows of a file at most; `ROWS_PER_FILE` when absent. */
  readonly rowsPerFile?: number;
  readonly faults?: FaultPoints;
}

/** What was done. */
export interface EventsArchived {
  /** Files that were added, or whose rows were still to be removed. */
  readonly files: readonly ListedArchive[];
  /** Of the log's own file, bytes before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Why the room is not the file system's again, but filled by the log with what comes; undefined when it is. */
  readonly roomKept: RoomKept | undefined;
}

/** Rows that are held in memory while their file is made, and read together: some 5 MB of a file. */
export const ROWS_PER_FILE = 32_768;
/** Rows removed in one transaction: others wait for it. */
const ROWS_REMOVED_TOGETHER = 1_024;
const LEFT_BEHIND_MS = 3_600_000;
const UNFINISHED = '.new';

/** An event is not archived, since it is not as it was recorded, or as it was certified. */
export class NotArchived extends Error {
  constructor(path: string, position: number, reason: string) {
    super(
      `Events of ${path} are not archived: the one at position ${position} ${reason}. Find out by ` +
        '"flexledger audit --all" what was changed, and restore the log from a backup.',
    );
    this.name = 'NotArchived';
  }
}

/** The disk does not take a file of the archive: it is full, or read-only. */
export class NotWritten extends Error {
  constructor(file: string, cause: unknown) {
    super(
      `${file} cannot be written (${messageOf(cause)}); make room, some seven times less than the events take in ` +
        'the log, and try again. What stands in the log is as it was.',
      { cause },
    );
    this.name = 'NotWritten';
  }
}

/**
 * Archives what there is, beside others that append and read.
 *
 * @throws NotArchived, NotWritten, ArchivedByOthers, LogDamaged, LogBusy; what was done before stays done
 */
export async function archiveEvents(options: ArchiveOptions): Promise<EventsArchived> {
  const { rowsPerFile = ROWS_PER_FILE, onFile = () => {}, faults = noFaults } = options;
  const file = openForWriting(options.path);
  let endLease = (): void => {};
  const log: ArchivedLog = { ...options, file, faults, path: file.path };
  try {
    endLease = takeArchiveLease(file.path);
    const bytesBefore = statSync(file.path).size;
    const files: ListedArchive[] = [];
    for (const listed of listedNow(file.db).filter(({ rowsStand }) => rowsStand)) {
      verify(log, listed);
      files.push(await removeRows(log, listed));
      onFile(files.at(-1)!);
    }
    removeUnfinished(file.path);
    for (;;) {
      const before = listedNow(file.db).at(-1);
      const after = before?.lastPosition ?? BEFORE_FIRST;
      const rows = await untilFree(file, () => nextRows(log, after, rowsPerFile));
      if (rows.length === 0) break;
      const listed = await archive(log, rows, (before?.number ?? 0) + 1);
      files.push(await removeRows(log, listed));
      onFile(files.at(-1)!);
    }
    const roomKept = giveBack(file.db);
    return { files, bytesBefore, bytesAfter: statSync(file.path).size, roomKept };
  } finally {
    endLease();
    release(file);
  }
}

/** A full disk leaves what was done in the write-ahead log, where it is durable; whoever opens the log goes on from there. */
function release(file: OpenLogFile): void {
  try {
    file.release();
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
}

interface ArchivedLog extends ArchiveOptions {
  readonly file: OpenLogFile;
  readonly faults: FaultPoints;
}

function listedNow(db: Database.Database): readonly ListedArchive[] {
  return filesNamed(db) === 0 ? [] : listedIn(db);
}

function filesNamed(db: Database.Database): number {
  const [[userVersion]] = db.prepare('PRAGMA user_version').raw().all() as [[number]];
  return readUserVersion(userVersion).archiveFiles;
}

/** The next rows that go into one file: of one month, up to the first that is too young. */
function nextRows(log: ArchivedLog, after: number, most: number): readonly StoredRow[] {
  const { file, before, streamPrefix, path } = log;
  const rows: StoredRow[] = [];
  for (const row of rowsToArchive(file.db, path, streamPrefix, after)) {
    const month = monthOf(row);
    if (month >= before || month !== monthOf(rows[0] ?? row) || rows.length === most) break;
    requireSound(log, row);
    rows.push(row);
  }
  return rows;
}

function monthOf({ recordedAt }: StoredRow): string {
  return recordedAt.slice(0, 7);
}

function requireSound({ path, isCertifiedAs }: ArchivedLog, row: StoredRow): void {
  const { position, hash } = row;
  if (hash !== eventHash({ ...row, dataJson: row.data }) || row.checksum !== rowChecksum(row)) {
    throw new NotArchived(path, position, 'does not match its hash');
  }
  if (isCertifiedAs?.(position, hash) === false) {
    throw new NotArchived(path, position, 'is not the one that was certified');
  }
}

/** @param number of the file, the next one when its rows were read */
async function archive(
  log: ArchivedLog,
  rows: readonly StoredRow[],
  number: number,
): Promise<ListedArchive> {
  const { file, faults, path, streamPrefix } = log;
  const written = writeArchive(rows);
  const listed: ListedArchive = {
    number,
    address: written.address,
    bytes: written.content.length,
    month: monthOf(rows[0]!),
    events: rows.length,
    firstPosition: rows[0]!.position,
    lastPosition: rows.at(-1)!.position,
    streamPrefix,
    types: [...new Set(rows.map(({ type }) => type))].sort(),
    rowsStand: true,
  };
  write(archivePath(path, listed), written);
  await faults.reach('archive/written');
  verify(log, listed, rows);
  await faults.reach('archive/verified');
  await untilFree(file, () => name(file, listed));
  await faults.reach('archive/named');
  return listed;
}

/** On the disk before it has its name. @throws NotWritten when the disk takes it not, and nothing is left of it */
function write(file: string, { content }: WrittenArchive): void {
  const folder = dirname(file);
  const unfinished = `${file}.${process.pid}${UNFINISHED}`;
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { mode: 0o700 });
      sync(dirname(folder));
    }
    const handle = openSync(unfinished, 'w', 0o600);
    try {
      for (let at = 0; at < content.length; at += writeSync(handle, content, at));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(unfinished, file);
    sync(folder);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new NotWritten(file, cause);
  }
}

function sync(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * Every row as it is read from the file's bytes on disk is, column by column, what stands in the log: the given rows,
 * or those that are still there.
 *
 * @throws NotArchived, LogDamaged
 */
function verify(
  { file: { db }, path }: ArchivedLog,
  listed: ListedArchive,
  rows?: readonly StoredRow[],
): void {
  const opened = openArchive(archivePath(path, listed), listed.address, listed.bytes, new Map());
  try {
    const { positions, places } = opened.order();
    if (opened.rows !== listed.events) {
      throw new LogDamaged(path, `its archive of ${listed.month} has ${opened.rows} rows`);
    }
    const pages = new PageReader(db, path);
    positions.forEach((position, row) => {
      const archived = opened.rowAt(places[row]!);
      if (archived.hash !== eventHash({ ...archived, dataJson: archived.data })) {
        throw new NotArchived(path, position, 'comes out of its archive with another hash');
      }
      const wanted = rows ? rows[row] : pages.storedAt(position);
      if (!wanted && !rows) return;
      if (COLUMNS.some((column) => archived[column] !== wanted?.[column])) {
        throw new NotArchived(path, position, 'comes out of its archive otherwise');
      }
    });
  } finally {
    opened.close();
  }
}

/** From here on the file belongs to the log. @throws ArchivedByOthers */
function name({ db, path }: OpenLogFile, listed: ListedArchive): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const named = filesNamed(db);
    if (named !== listed.number - 1) throw new ArchivedByOthers(path);
    if (named === 0) db.exec(ARCHIVES_TABLE_SQL);
    db.prepare('INSERT INTO archives VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run([
      listed.number,
      listed.address,
      listed.bytes,
      listed.month,
      listed.events,
      listed.firstPosition,
      listed.lastPosition,
      listed.streamPrefix,
      JSON.stringify(listed.types),
      1,
    ]);
    db.exec(`PRAGMA user_version = ${archivedUserVersion(listed.number)}; COMMIT`);
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Some rows at a time, with room for others between. */
async function removeRows(
  { file, path, faults }: ArchivedLog,
  listed: ListedArchive,
): Promise<ListedArchive> {
  const { db } = file;
  const opened = openArchive(archivePath(path, listed), listed.address, listed.bytes, new Map());
  let positions: Float64Array;
  try {
    ({ positions } = opened.order());
  } finally {
    opened.close();
  }
  const remove = db.prepare('DELETE FROM events WHERE position = ?');
  for (let row = 0; row < positions.length; row += ROWS_REMOVED_TOGETHER) {
    const together = positions.subarray(row, row + ROWS_REMOVED_TOGETHER);
    await untilFree(file, () =>
      inTransaction(db, () => together.forEach((position) => void remove.run([position]))),
    );
    await faults.reach('archive/removing');
    await sleep(PAUSE_MS);
  }
  await untilFree(file, () =>
    inTransaction(
      db,
      () =>
        void db.prepare('UPDATE archives SET rowsStand = 0 WHERE number = ?').run([listed.number]),
    ),
  );
  await faults.reach('archive/removed');
  return { ...listed, rowsStand: false };
}

function inTransaction(db: Database.Database, change: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    change();
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** What crashes left of files that were being written. */
function removeUnfinished(logPath: string): void {
  const folder = archiveFolder(logPath);
  if (!existsSync(folder)) return;
  const nowMs = wallClock.nowMs();
  for (const left of readdirSync(folder).filter((file) => file.endsWith(UNFINISHED))) {
    const changedMs = statSync(join(folder, left), { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (nowMs - changedMs > LEFT_BEHIND_MS) rmSync(join(folder, left), { force: true });
  }
}
