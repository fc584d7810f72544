/**
 * The log file as an auditor opens it: read-only, and even where the store would refuse it, as long
 * as SQLite can read rows of it. Reading shows rows as text and whole numbers; damage that this
 * hides is asked of SQLite (`file-faults.ts`).
 */
import { realpathSync } from 'node:fs';
import { LogUnreadable, type StoredRows } from '@flexledger/audit';
import { ROW_TEXTS, type StoredRow } from '@flexledger/domain';
import {
  type EventStore,
  LogDamaged,
  SqliteEventStore,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { seededRandom, wallClock } from '@flexledger/runtime';
import Database from 'libsql';
import { type FileFaults, faultsOfFile, readOnlyUri } from './file-faults';

/** An open log file. */
export interface StoredLog extends StoredRows {
  readonly store: EventStore;
  /** Undefined where a server keeps the log. */
  readonly file?: LogFile;
  close(): Promise<void>;
}

/** A log file, of which others may read parts too. */
export interface LogFile {
  readonly path: string;
  /** Positions of rows with which something is wrong that their values do not show. */
  suspects(): readonly number[];
  /** Position of the row that stands so many rows behind a position, or of the last one. */
  positionBehind(after: number, rows: number): number;
  /** The rows behind a position. @throws LogUnreadable */
  rowsBehind(after: number): Iterable<StoredRow>;
  /** @throws LogUnreadable when it is not there any more */
  rowAt(position: number): StoredRow;
}

/** A log in a file. */
export interface StoredLogFile extends StoredLog {
  rows(): Iterable<StoredRow>;
  readonly file: LogFile;
}

/** How long an auditor waits for a file that a platform is opening or closing, and at what moments. */
const BUSY = { busyTimeoutMs: 5_000, random: seededRandom('audit', 'busy file') };
/** What a byte that is no UTF-8 is read as. */
const REPLACEMENT = '\ufffd';

/** @throws LogDamaged when there is no file, or SQLite cannot read it as an event log */
export function openStoredLog(file: string): StoredLogFile {
  const opened = openStore(file);
  return storedLogIn(opened, faultsOfFile(file));
}

/** An open store of a log file, and why the platform would refuse the file. */
export interface OpenedFile {
  readonly store: SqliteEventStore;
  readonly damage?: LogDamaged;
}

/** @param found what is wrong with the file */
export function storedLogIn({ store, damage }: OpenedFile, found: FileFaults): StoredLogFile {
  const db = new Database(readOnlyUri(store.path));
  const refused = damage ? [`the platform would refuse the file: ${damage.reason}`] : [];
  const rowFaults = new Map(found.ofRows);
  const asRead = ROW_TEXTS.map((column) => `CAST(${column} AS BLOB) = ?`).join(' AND ');
  // Rows of the archive are not there; they are text by the digest of their file.
  const otherBytes = db
    .prepare(`SELECT 1 FROM events WHERE position = ? AND NOT (${asRead})`)
    .raw();

  return {
    store,
    faults: [...refused, ...found.ofFile],
    rows: () => readableRows(store),
    file: {
      path: store.path,
      rowsBehind: (after) => readableRows(store, after),
      suspects: () => [...rowFaults.keys()],
      positionBehind: positionBehindIn(db),
      rowAt(position) {
        const [row] = readableRows(store, position - 1, position);
        if (row) return row;
        throw new LogUnreadable(`the event at position ${position} cannot be read a second time`);
      },
    },
    rowFault(row) {
      const texts = ROW_TEXTS.map((column) => row[column]);
      const isAsRead =
        !texts.some((text) => text?.includes(REPLACEMENT)) ||
        otherBytes.all([row.position, ...texts.map((text) => Buffer.from(text ?? ''))]).length ===
          0;
      return (
        rowFaults.get(row.position) ?? (isAsRead ? undefined : 'it holds bytes that are no UTF-8')
      );
    },
    async close() {
      db.close();
      await store.close();
    },
  };
}

/** Events up to where SQLite can read no further. */
export async function* asFarAsReadable<Event>(
  events: AsyncIterable<Event>,
): AsyncGenerator<Event, void> {
  try {
    yield* events;
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
  }
}

/** @throws LogUnreadable where SQLite can read no further */
function* readableRows(
  store: SqliteEventStore,
  after?: number,
  until?: number,
): Generator<StoredRow> {
  try {
    yield* store.readRawRows(after, until);
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    throw new LogUnreadable(error.message, { cause: error });
  }
}

function positionBehindIn(db: Database.Database): LogFile['positionBehind'] {
  const query = db
    .prepare('SELECT max(p) FROM (SELECT position AS p FROM events WHERE position > ? LIMIT ?)')
    .raw();
  return (after, rows) => {
    try {
      const [[position]] = query.all([after, rows]) as [[number | null]];
      return position ?? Infinity;
    } catch {
      return Infinity; // whoever reads these rows says what is wrong
    }
  };
}

/** @throws LogDamaged when there is no file, or SQLite cannot read it as an event log */
export function openStore(file: string): OpenedFile {
  try {
    return { store: openSqliteEventStore({ path: file, clock: wallClock, readOnly: true }) };
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    return { store: openDamaged(file, error), damage: error };
  }
}

/** The store without the look at its ends. @throws `damage` when not even a row can be read */
function openDamaged(file: string, damage: LogDamaged): SqliteEventStore {
  let db: Database.Database | undefined;
  try {
    const path = realpathSync(file);
    db = new Database(readOnlyUri(file));
    const opened = db;
    const release = (): void => void opened.close();
    const store = new SqliteEventStore({ ...BUSY, path, db, lastPosition: -1, release }, undefined);
    if (store.readRawRows().next().done) throw damage;
    return store;
  } catch {
    db?.close();
    throw damage;
  }
}
