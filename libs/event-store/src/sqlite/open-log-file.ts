/**
 * Opening the file: create it whole or not at all, know it for ours, and look for damage where a
 * look is quick. What takes reading every row (lost rows, hashes) is left to audits.
 */
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { eventHash } from '@flexledger/identity';
import { LogBusy, LogDamaged } from '../errors';
import { BEFORE_FIRST } from '../port';
import { BUSY_TIMEOUT_MS, type BusyFile, blockUntilFree, busyFile, isBusy } from './busy-file';
import { createWhole } from './create-whole';
import { Archives } from './archive/archives';
import {
  APPLICATION_ID,
  ARCHIVED_FORMAT_VERSION,
  ARCHIVES_TABLE_SQL,
  EVENTS_TABLE_SQL,
  FORMAT_VERSION,
  readUserVersion,
  rowChecksum,
} from './log-format';
import { PageReader, lastPositionOf } from './read-pages';
import { damageOr, isUnwritable } from './sqlite-errors';

/** Smallest file that SQLite writes: one page of 512 bytes. */
const SMALLEST_FILE_BYTES = 512;

export interface OpenLogFile extends BusyFile {
  /** The path with its links resolved. */
  readonly path: string;
  /** Does not wait for a busy file by itself. */
  readonly db: Database.Database;
  /** Position of the last event when opened, `BEFORE_FIRST` in an empty log. */
  readonly lastPosition: number;
  /** Closes the file and gives it free. */
  release(): void;
}

/**
 * What a power cut can take: nothing that was appended, or all since the file was opened, in exchange for
 * appends that wait for no disk. Once it is closed, nothing either way.
 */
export type Durability = 'each-append' | 'when-closed';

/** A writer's view, beside others or alone; creates the file and its folder where absent. */
export function openForWriting(
  path: string,
  busyTimeoutMs = BUSY_TIMEOUT_MS,
  durability: Durability = 'each-append',
): OpenLogFile {
  mkdirSync(dirname(path), { recursive: true });
  const file = busyFile(resolveLinks(path), busyTimeoutMs);
  if (!existsSync(file.path)) createLogFile(file.path);
  const { db, lastPosition } = openChecked(file, file.path);
  // NORMAL syncs at checkpoints alone, and closing makes one.
  db.pragma(`synchronous = ${durability === 'each-append' ? 'FULL' : 'NORMAL'}`);
  return { ...file, db, lastPosition, release: () => closeWriter(db) };
}

/** A reader's view, beside writers or without one; creates nothing, and writes nothing but what undoes a change cut off. */
export function openForReading(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): OpenLogFile {
  if (!existsSync(path)) throw new LogDamaged(path, 'there is no such file');
  const file = busyFile(resolveLinks(path), busyTimeoutMs);
  const { db, lastPosition } = openChecked(file, `${pathToFileURL(file.path).href}?mode=ro`);
  return { ...file, db, lastPosition, release: () => void db.close() };
}

/** One file, one name: SQLite names its write-ahead log after it. */
function resolveLinks(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}

function createLogFile(path: string): void {
  if (existsSync(`${path}-wal`) && !existsSync(path)) {
    throw new LogDamaged(path, `the file is missing, but its write-ahead log ${path}-wal stands`);
  }
  createWhole(
    path,
    `${EVENTS_TABLE_SQL};
     PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`,
  );
}

function openChecked(file: BusyFile, uri: string): { db: Database.Database; lastPosition: number } {
  const { path } = file;
  // `stat` only: opening and closing the file here would drop SQLite's own locks on it (POSIX).
  const stat = statSync(path);
  if (!stat.isFile()) throw new LogDamaged(path, 'it is not a file');
  if (stat.size < SMALLEST_FILE_BYTES) {
    throw new LogDamaged(path, `it is truncated to ${stat.size} bytes`);
  }
  let db: Database.Database | undefined;
  try {
    return blockUntilFree(file, () => {
      // A statement that was refused stays in progress: each try has a connection of its own.
      db?.close();
      if (uri !== path && existsSync(`${path}-journal`)) undoChangeCutOff(path);
      const opened = new Database(uri);
      db = opened;
      opened.pragma('busy_timeout = 0');
      checkFormat(opened, path);
      checkSize(opened, path);
      checkArchive(opened, path);
      if (uri === path) configureWriter(opened, path);
      return { db: opened, lastPosition: checkLastRow(opened, path) };
    });
  } catch (error) {
    db?.close();
    const found = damageOr(path, error);
    if (found instanceof LogDamaged || found instanceof LogBusy) throw found;
    throw new LogDamaged(path, `it cannot be opened (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/**
 * A process that was killed while it made the file shorter has left a journal of how it was, by which only who may
 * write can put it back.
 *
 * @throws LogDamaged where that cannot be
 */
function undoChangeCutOff(path: string): void {
  const db = new Database(path);
  try {
    db.pragma('busy_timeout = 0');
    db.prepare('SELECT count(*) FROM sqlite_master').all();
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const reason = `a change of it was cut off, and cannot be undone here (${(error as Error).message})`;
    throw new LogDamaged(path, `${reason}: open it where it can be written`, { cause: error });
  } finally {
    db.close();
  }
}

function configureWriter(db: Database.Database, path: string): void {
  const [mode] = db.prepare('PRAGMA journal_mode = WAL').raw().all() as [[string]];
  if (mode[0] !== 'wal') {
    throw new LogDamaged(path, 'its file system does not support a write-ahead log');
  }
  db.pragma('cache_size = -65536');
  // 64 MiB between checkpoints: event ids are random, so the index pages that many batches touch
  // are copied into the file once instead of each time (measured: a fifth of an append's cost). A thread
  // makes most of them before (`checkpoint-ahead.ts`); by this a commit does where that is late.
  db.pragma('wal_autocheckpoint = 16384');
}

/** Copies what nobody has copied yet into the file. Where that fails nothing is lost, and the next commit tells why. */
export function checkpointNow(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // The file is held, or the disk takes no write.
  }
}

function checkFormat(db: Database.Database, path: string): void {
  if (pragmaNumber(db, 'application_id') !== APPLICATION_ID) {
    throw new LogDamaged(path, 'it is a SQLite database, but no event log');
  }
  const { format } = readUserVersion(pragmaNumber(db, 'user_version'));
  if (format !== FORMAT_VERSION && format !== ARCHIVED_FORMAT_VERSION) {
    const known = `${FORMAT_VERSION} and ${ARCHIVED_FORMAT_VERSION}`;
    const reason = `its format is ${format}, this program knows ${known}`;
    throw new LogDamaged(path, `${reason}: use the program that wrote it`);
  }
  const wanted = format === FORMAT_VERSION ? [EVENTS_TABLE_SQL] : BOTH_TABLES;
  // Compared inside SQLite: text that is no UTF-8 must not reach the driver.
  const [[tables, ours]] = db
    .prepare(
      `SELECT count(*), coalesce(sum(sql IN (SELECT value FROM json_each(?))), 0) FROM sqlite_master
       WHERE name NOT LIKE 'sqlite_autoindex_%'`,
    )
    .raw()
    .all([JSON.stringify(wanted)]) as [[number, number]];
  if (tables !== wanted.length || ours !== wanted.length) {
    throw new LogDamaged(path, 'its tables are not those of an event log');
  }
}

const BOTH_TABLES = [EVENTS_TABLE_SQL, ARCHIVES_TABLE_SQL];

/** The files that the log names are there, and begin as they should. */
function checkArchive(db: Database.Database, path: string): void {
  const archives = new Archives(db, path);
  try {
    archives.requireFiles();
  } finally {
    archives.close();
  }
}

/**
 * SQLite notices missing pages, but reads what is missing of the last one as zeros. With an empty
 * write-ahead log all pages stand in the file. The order matters: a writer may go on meanwhile, and
 * files only grow.
 */
function checkSize(db: Database.Database, path: string): void {
  const wantedBytes = pragmaNumber(db, 'page_count') * pragmaNumber(db, 'page_size');
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const { size } = statSync(path);
  if (walBytes === 0 && size < wantedBytes) {
    throw new LogDamaged(path, `it is truncated to ${size} of ${wantedBytes} bytes`);
  }
}

function pragmaNumber(db: Database.Database, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).raw().all() as [[number]])[0][0];
}

/**
 * The last row, in which a torn write would show, is sound.
 *
 * @returns its position, `BEFORE_FIRST` without one
 */
function checkLastRow(db: Database.Database, path: string): number {
  const last = lastPositionOf(db)();
  if (last === BEFORE_FIRST) return last;
  const row = new PageReader(db, path).storedAt(last);
  if (
    !row ||
    row.hash !== eventHash({ ...row, dataJson: row.data }) ||
    row.checksum !== rowChecksum(row)
  ) {
    throw new LogDamaged(path, `its last event, at position ${last}, does not match its hash`);
  }
  const indexed = db
    .prepare(
      `SELECT (SELECT position FROM events WHERE id = ?),
              (SELECT position FROM events WHERE streamId = ? AND revision = ?)`,
    )
    .raw()
    .all([row.id, row.streamId, row.revision]) as [[number | null, number | null]];
  if (indexed[0].some((position) => position !== last)) {
    throw new LogDamaged(path, `its indexes do not know the last event, at position ${last}`);
  }
  return last;
}

/**
 * Leaves one plain file: everything out of the write-ahead log, then out of its mode, so that even
 * read-only media can hold it. Others who have it open stand in the way and only postpone that, to
 * the last one who closes.
 */
function closeWriter(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    // Busy does no harm: the write-ahead log is durable, and the next opener takes it from there.
    if (!isBusy(error)) throw error;
  } finally {
    db.close();
  }
}
