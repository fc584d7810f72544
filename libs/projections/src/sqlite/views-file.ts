/** The file of the views as several processes share it: opened without a write where it is as it should be. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeOwnerOnly } from '@flexledger/event-store';
import { sleep, messageOf } from '@flexledger/runtime';
import Database from 'libsql';
import { ViewsBusy, ViewsDamaged } from '../document-store';

/** "FLVW": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x464c5657;
/** Opening waits for the other process that makes the file; a reader for one that recovers it. */
const BUSY_TIMEOUT_MS = 1_000;
const LOOK_EVERY_MS = 10;

/** How long a writer waits for another one, and where. */
export interface Patience {
  readonly path: string;
  readonly patienceMs: number;
}

/**
 * Opens the file, making it and its tables where they are absent.
 *
 * @throws ViewsDamaged when it is no SQLite file, or not ours
 * @throws ViewsBusy when another process is making it, or holds it, and does not end
 */
export function openViewsFile(path: string): Database.Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  let db: Database.Database | undefined;
  try {
    makeOwnerOnly(path);
    db = new Database(path);
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    if (stateOf(db) === 'foreign') throw new Error('it is another SQLite file');
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    if (stateOf(db) !== 'complete') complete(db);
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw new ViewsBusy(path, BUSY_TIMEOUT_MS);
    throw new ViewsDamaged(path, messageOf(error));
  }
}

/**
 * Begins a transaction that writes, once no other process writes. It waits asleep, never inside SQLite,
 * so that the process answers meanwhile.
 *
 * @throws ViewsBusy
 */
export async function beginImmediate(
  db: Database.Database,
  { path, patienceMs }: Patience,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    if (tryToBegin(db)) return;
    if (waitedMs >= patienceMs) throw new ViewsBusy(path, waitedMs);
    await sleep(LOOK_EVERY_MS);
  }
}

function tryToBegin(db: Database.Database): boolean {
  db.exec('PRAGMA busy_timeout = 0');
  try {
    db.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/** Several processes may do this at once: each step finds it done, or does it. */
function complete(db: Database.Database): void {
  db.exec('BEGIN IMMEDIATE');
  db.exec(`
    PRAGMA application_id = ${APPLICATION_ID};
    CREATE TABLE IF NOT EXISTS _views (
      name TEXT PRIMARY KEY, version INTEGER NOT NULL, logStart TEXT NOT NULL,
      position INTEGER NOT NULL, halt TEXT
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS _fence (fence INTEGER NOT NULL)`);
  const columns = db.prepare('PRAGMA table_info(_views)').all() as { readonly name: string }[];
  // Files of release 0.1.0 do not say what a view stopped at.
  if (!columns.some(({ name }) => name === 'halt')) {
    db.exec('ALTER TABLE _views ADD COLUMN halt TEXT');
  }
  db.exec('COMMIT');
}

/** What the file is, seen at one moment: another process may be making it. */
function stateOf(db: Database.Database): 'complete' | 'incomplete' | 'foreign' {
  db.exec('BEGIN');
  const { application_id: id } = db.prepare('PRAGMA application_id').get() as {
    readonly application_id: number;
  };
  const rows = db.prepare('SELECT name FROM sqlite_schema').all() as { readonly name: string }[];
  db.exec('COMMIT');
  if (id !== APPLICATION_ID) return rows.length > 0 ? 'foreign' : 'incomplete';
  return rows.some(({ name }) => name === '_fence') ? 'complete' : 'incomplete';
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
