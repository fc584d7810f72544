/**
 * Leases and checkpoints in one SQLite file that the processes of a machine share. Each change is one
 * `BEGIN IMMEDIATE` transaction: read the record, apply the rule, write it. A locked file is waited
 * for between turns of the event loop, so that timers and sockets go on meanwhile.
 *
 * `synchronous=NORMAL`: a power cut may take the last changes, which ends every process of the machine
 * too, so that no lease outlives its fence; checkpoints that fell back are events handled again.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import type { Clock } from '@flexledger/runtime';
import { type BusyFile, busyFile, untilFree } from '../sqlite/busy-file';
import { createWhole } from '../sqlite/create-whole';
import { makeOwnerOnly } from '../sqlite/owner-only';
import { sqliteCode } from '../sqlite/sqlite-errors';
import * as rules from './lease-rules';
import { ProcessorStateBusy, ProcessorStateDamaged } from './processor-errors';
import type { Halt, Lease, ProcessorState } from './processor-state';

export interface SqliteProcessorStateOptions {
  /** The file, made with its folder where absent. */
  readonly path: string;
  /** The machine's: leases of several processes are compared by it. */
  readonly clock: Clock;
  /** How long a locked file is waited for before `ProcessorStateBusy`. */
  readonly busyMs?: number;
}

/** "FLPS": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x464c5053;
const FORMAT_VERSION = 1;
const BUSY_MS = 10_000;

const TABLE_SQL = `CREATE TABLE IF NOT EXISTS processors (
  name TEXT PRIMARY KEY, owner TEXT, fence INTEGER NOT NULL, expiresMs INTEGER NOT NULL,
  ttlMs INTEGER NOT NULL, "checkpoint" INTEGER, halt TEXT) STRICT`;
const NEW_FILE_SQL = `${TABLE_SQL};
  PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`;
const COLUMNS = 'name, owner, fence, expiresMs, ttlMs, "checkpoint", halt';

type Row = [string, string | null, number, number, number, number | null, string | null];

/**
 * Opens the file, creating it where absent.
 *
 * @throws ProcessorStateDamaged when it is another file, damaged, or of a newer format
 * @throws ProcessorStateBusy when it stays locked; so does every later call
 */
export async function openSqliteProcessorState(
  options: SqliteProcessorStateOptions,
): Promise<ProcessorState> {
  const { path, clock, busyMs = BUSY_MS } = options;
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) createWhole(path, NEW_FILE_SQL);
  const file = busyFile(path, busyMs);
  const db = await whenFree(file, () => openPrepared(path));
  return new SqliteProcessorState(db, file, clock);
}

/**
 * A connection of its own for each try: a statement that was refused stays in progress until it is
 * collected, and so long the connection reads an old state and every transaction of it is refused.
 */
function openPrepared(path: string): Database.Database {
  const db = openFile(path);
  try {
    prepareFile(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteProcessorState implements ProcessorState {
  private readonly one: Database.Statement;
  private readonly all: Database.Statement;
  private readonly put: Database.Statement;

  constructor(
    private readonly db: Database.Database,
    private readonly file: BusyFile,
    private readonly clock: Clock,
  ) {
    this.one = db.prepare(`SELECT ${COLUMNS} FROM processors WHERE name = ?`).raw();
    this.all = db.prepare(`SELECT ${COLUMNS} FROM processors ORDER BY name`).raw();
    this.put = db.prepare(
      `INSERT OR REPLACE INTO processors (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    // Who waits for its turn asks often: that is a read, which locks nobody out.
    const held = await this.whenFree(() => this.isHeld(name, owner));
    if (held) return undefined;
    return this.transaction(() => {
      if (this.isHeld(name, owner)) return undefined;
      const given = rules.granted(this.recordOf(name), owner, ttlMs, this.clock.nowMs());
      this.store(given);
      return { name, owner, fence: given.fence };
    });
  }

  renew(lease: Lease, ttlMs: number): Promise<void> {
    return this.change(lease, (record) => rules.renewed(record, ttlMs, this.clock.nowMs()));
  }

  release(lease: Lease): Promise<void> {
    return this.transaction(() => {
      const record = this.recordOf(lease.name);
      if (rules.holds(record, lease)) this.store(rules.released(record));
    });
  }

  async checkpoint(name: string): Promise<number | undefined> {
    return this.whenFree(() => this.recordOf(name).checkpoint ?? undefined);
  }

  saveCheckpoint(lease: Lease, position: number): Promise<void> {
    return this.change(lease, (record) => rules.advanced(record, position));
  }

  halt(lease: Lease, halt: Halt): Promise<void> {
    return this.change(lease, (record) => ({ ...record, halt }));
  }

  clearHalt(lease: Lease): Promise<void> {
    return this.change(lease, (record) => ({ ...record, halt: null }));
  }

  status(): Promise<readonly ReturnType<typeof rules.asRecord>[]> {
    return this.whenFree(() =>
      (this.all.all([]) as Row[]).map((row) => rules.asRecord(fromRow(row))),
    );
  }

  async close(): Promise<void> {
    if (this.db.open) this.db.close();
  }

  private isHeld(name: string, owner: string): boolean {
    return rules.isHeldByAnother(this.recordOf(name), owner, this.clock.nowMs());
  }

  private recordOf(name: string): rules.StoredRecord {
    const [row] = this.one.all([name]) as Row[];
    return row ? fromRow(row) : rules.newRecord(name);
  }

  private store(record: rules.StoredRecord): void {
    const { name, owner, fence, expiresMs, ttlMs, checkpoint, halt } = record;
    const haltJson = halt === null ? null : JSON.stringify(halt);
    this.put.run([name, owner, fence, expiresMs, ttlMs, checkpoint, haltJson]);
  }

  private change(
    lease: Lease,
    to: (record: rules.StoredRecord) => rules.StoredRecord,
  ): Promise<void> {
    return this.transaction(() => {
      const record = this.recordOf(lease.name);
      rules.assertHeld(record, lease);
      this.store(to(record));
    });
  }

  /** `work` runs within one turn of the event loop, so that calls of one process never mix in it. */
  private transaction<Result>(work: () => Result): Promise<Result> {
    return this.whenFree(() => inTransaction(this.db, work));
  }

  private whenFree<Result>(work: () => Result): Promise<Result> {
    return whenFree(this.file, work);
  }
}

/** Does `work` once the file is free. @throws ProcessorStateBusy, ProcessorStateDamaged, what `work` throws */
async function whenFree<Result>(file: BusyFile, work: () => Result): Promise<Result> {
  try {
    return await untilFree(file, work, (...busy) => new ProcessorStateBusy(...busy));
  } catch (error) {
    throw asDamage(file.path, error);
  }
}

function openFile(path: string): Database.Database {
  try {
    makeOwnerOnly(path);
    return new Database(path);
  } catch (error) {
    throw new ProcessorStateDamaged(path, (error as Error).message, { cause: error });
  }
}

/** Several processes may do so at once: what has been made already is left as it is. */
function prepareFile(db: Database.Database, path: string): void {
  db.pragma('busy_timeout = 0');
  const applicationId = pragmaValue(db, 'application_id');
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || hasTables(db))) {
    throw new ProcessorStateDamaged(path, 'it is a SQLite database, but no state of processors');
  }
  const version = pragmaValue(db, 'user_version');
  if (version !== 0 && version !== FORMAT_VERSION) {
    const reason = `its format is ${version}, this program knows ${FORMAT_VERSION}`;
    throw new ProcessorStateDamaged(path, reason);
  }
  if (pragmaValue(db, 'journal_mode') !== 'wal') db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  if (version === FORMAT_VERSION) return;
  inTransaction(db, () => db.exec(NEW_FILE_SQL));
}

function inTransaction<Result>(db: Database.Database, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled back by itself; what then cannot be rolled back would hide why.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function hasTables(db: Database.Database): boolean {
  const [row] = db.prepare('SELECT count(*) FROM sqlite_master').raw().all() as [[number]];
  return row[0] > 0;
}

function pragmaValue(db: Database.Database, name: string): unknown {
  return (db.prepare(`PRAGMA ${name}`).raw().all() as [[unknown]])[0][0];
}

function fromRow(row: Row): rules.StoredRecord {
  const [name, owner, fence, expiresMs, ttlMs, checkpoint, halt] = row;
  const kept = halt === null ? null : (JSON.parse(halt) as Halt);
  return { name, owner, fence, expiresMs, ttlMs, checkpoint, halt: kept };
}

/** What SQLite says of an unsound file in the words of this port; any other error as it is. */
function asDamage(path: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (!/^SQLITE_(NOTADB|CORRUPT|ERROR|IOERR_SHORT_READ)/.test(code ?? '')) return error;
  return new ProcessorStateDamaged(path, (error as Error).message, { cause: error });
}
