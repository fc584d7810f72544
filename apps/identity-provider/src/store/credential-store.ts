/**
 * What must never stand in the log, in one SQLite file of the data folder that the operator's processes
 * share (`identity.sqlite`, for its owner only): hashes of secrets and passwords, what the issuer keeps
 * of sign-ins, and the keys of persons. Every question reads the file, so that what one process changes
 * holds in all at once. Back it up with the log; without it everybody gets new secrets, and no record of
 * a person can be read again.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { sha256Hex, waitMsAfter } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import Database from 'libsql';

export type SecretKind = 'client' | 'user';

/** A row that the issuer keeps: a session, a grant, a code, a refresh token. */
export interface IssuerRow {
  readonly payload: Record<string, unknown>;
  /** Unix time at which it was used up, s; null before. */
  readonly consumedS: number | null;
}

export interface CredentialStore {
  /** The hash of a client's secret or of a user's password. */
  secretHash(kind: SecretKind, id: string): string | undefined;
  putSecretHash(kind: SecretKind, id: string, hash: string): void;
  /** A value that all processes share, made by the first that asks. */
  shared(name: string, make: () => string): string;
  readonly issuer: IssuerRows;
  /** How long somebody has to wait before it may try again, ms; 0 when at once. */
  waitMs(who: string): number;
  /** Takes note of a try that failed, or is about to be made. */
  noteAttempt(who: string, freely: number): void;
  forgetAttempts(who: string): void;
  /** One try less: the one that was noted before it was made has not failed. */
  takeBackAttempt(who: string, freely: number): void;
  /** The key of a person, 64 hex digits, made by the first call; undefined once it is destroyed. */
  makePersonKey(personId: string, make: () => string): string | undefined;
  personKey(personId: string): string | undefined;
  /**
   * For good: not even the pages of the file hold it afterwards.
   *
   * @throws JournalInUse when somebody reads the file for so long that its journal still holds the key,
   *   which opens nothing here any more; call it again later
   */
  destroyPersonKey(personId: string): void;
  close(): void;
}

/** Rows of the issuer by their model (`Session`, `RefreshToken`, ...). */
export interface IssuerRows {
  put(model: string, id: string, payload: Record<string, unknown>, lifeS: number): void;
  find(model: string, id: string): IssuerRow | undefined;
  findBy(model: string, field: 'uid' | 'userCode', value: string): IssuerRow | undefined;
  /** False when somebody else has used it up: a code is good for one. */
  consume(model: string, id: string): boolean;
  destroy(model: string, id: string): void;
  destroyGrant(grantId: string): void;
  /** Ends all sign-ins of a user: sessions, grants, codes and refresh tokens. */
  destroyOf(accountId: string): void;
}

const TABLES_SQL = `
CREATE TABLE IF NOT EXISTS secrets (
  kind TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS shared (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS issuer (
  model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, expiresMs INTEGER NOT NULL,
  consumedS INTEGER, grantId TEXT, uid TEXT, userCode TEXT, accountId TEXT,
  PRIMARY KEY (model, id)) STRICT;
CREATE INDEX IF NOT EXISTS issuerExpires ON issuer (expiresMs);
CREATE INDEX IF NOT EXISTS issuerGrants ON issuer (grantId);
CREATE INDEX IF NOT EXISTS issuerAccounts ON issuer (accountId);
CREATE TABLE IF NOT EXISTS attempts (
  who TEXT PRIMARY KEY, failures INTEGER NOT NULL, lastMs INTEGER NOT NULL,
  untilMs INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS persons (id TEXT PRIMARY KEY, keyHex TEXT) STRICT;
`;
/** "FLID": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x464c4944;
const FORMAT_VERSION = 1;
/** A row of `attempts`. */
interface Attempts {
  readonly failures: number;
  readonly lastMs: number;
  readonly untilMs: number;
}

/** Each change is a few rows; who holds the file for longer is stopped or hangs. */
const BUSY_MS = 10_000;
const CHECKPOINT_BUSY_MS = 1_000;
/** Of those who fail no more, nothing is kept. */
const ATTEMPTS_KEPT_MS = 3_600_000;
/** Tokens that open something by themselves: they are found by their hash, which opens nothing. */
const FOUND_BY_HASH: readonly string[] = ['RefreshToken', 'AuthorizationCode', 'DeviceCode'];
/**
 * How a device code is named that was found by what its person types: by the hash it stands under. So the
 * issuer finds it again while its person signs in; who asks for a token must know the code itself.
 */
const DEVICE_CODE_BY_HASH = 'hash:';

/** True for the name of a device code that opens nothing: whoever reads the file has it too. */
export function isStoredName(deviceCode: string): boolean {
  return deviceCode.startsWith(DEVICE_CODE_BY_HASH);
}

/** A file that is no credential store of this release; nothing was written. */
export class CredentialsUnusable extends Error {
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(
      `The credentials in ${file} cannot be used: ${reason}; restore the file from a backup.`,
      options,
    );
    this.name = 'CredentialsUnusable';
  }
}

/** A key is destroyed, but the file's journal could not be emptied of it yet. */
export class JournalInUse extends Error {
  constructor(file: string) {
    super(
      `The journal of ${file} still holds a destroyed key, since another program reads the file. End ` +
        'that program, a backup for one, then erase the record again.',
    );
    this.name = 'JournalInUse';
  }
}

/**
 * Opens the file, made for its owner only where absent.
 *
 * @throws CredentialsUnusable when it is another file, damaged, or of a newer format
 */
export function openCredentialStore(file: string, clock: Clock): CredentialStore {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // Before SQLite makes it with the usual mode; its -wal and -shm take the mode of the file.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  let db: Database.Database | undefined;
  try {
    db = new Database(file);
    prepare(db);
    return storeOf(db, clock);
  } catch (error) {
    db?.close();
    throw new CredentialsUnusable(file, (error as Error).message, { cause: error });
  }
}

function prepare(db: Database.Database): void {
  db.pragma(`busy_timeout = ${BUSY_MS}`);
  const value = (name: string) => (db.prepare(`PRAGMA ${name}`).raw().all() as [[unknown]])[0][0];
  const [[tables]] = db.prepare('SELECT count(*) FROM sqlite_master').raw().all() as [[number]];
  if (value('application_id') !== APPLICATION_ID && tables > 0) {
    throw new Error('it is a SQLite database, but none of credentials');
  }
  if (Number(value('user_version')) > FORMAT_VERSION) {
    throw new Error('a newer release wrote it');
  }
  if (value('journal_mode') !== 'wal') db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  // What is deleted is overwritten: keys, tokens, hashes.
  db.pragma('secure_delete = ON');
  if (value('user_version') === FORMAT_VERSION) return;
  db.exec(
    `BEGIN IMMEDIATE; ${TABLES_SQL} PRAGMA application_id = ${APPLICATION_ID};
     PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`,
  );
}

function storeOf(db: Database.Database, clock: Clock): CredentialStore {
  const prepared = new Map<string, Database.Statement>();
  const statement = (sql: string): Database.Statement => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const run = (sql: string, ...values: unknown[]): number => statement(sql).run(values).changes;
  const one = <Row>(sql: string, ...values: unknown[]): Row | undefined =>
    statement(sql).get(values) as Row | undefined;
  const personKey = (id: string): string | undefined =>
    one<{ keyHex: string | null }>('SELECT keyHex FROM persons WHERE id = ?', id)?.keyHex ??
    undefined;
  return {
    secretHash: (kind, id) =>
      one<{ hash: string }>('SELECT hash FROM secrets WHERE kind = ? AND id = ?', kind, id)?.hash,
    putSecretHash: (kind, id, hash) =>
      void run('INSERT OR REPLACE INTO secrets (kind, id, hash) VALUES (?, ?, ?)', kind, id, hash),
    shared(name, make) {
      run('INSERT OR IGNORE INTO shared (name, value) VALUES (?, ?)', name, make());
      return one<{ value: string }>('SELECT value FROM shared WHERE name = ?', name)!.value;
    },
    issuer: issuerRows(run, one, clock),
    waitMs(who) {
      const row = one<Attempts>(
        'SELECT failures, lastMs, untilMs FROM attempts WHERE who = ?',
        sha256Hex(who),
      );
      return Math.max(0, (row?.untilMs ?? 0) - clock.nowMs());
    },
    noteAttempt(who, freely) {
      const nowMs = clock.nowMs();
      run('DELETE FROM attempts WHERE lastMs < ?', nowMs - ATTEMPTS_KEPT_MS);
      // One statement, so that of tries made at once each counts.
      run(
        `INSERT INTO attempts (who, failures, lastMs, untilMs) VALUES (?1, 1, ?2, 0)
         ON CONFLICT (who) DO UPDATE SET failures = failures + 1, lastMs = ?2`,
        sha256Hex(who),
        nowMs,
      );
      const sql = 'SELECT failures FROM attempts WHERE who = ?';
      const failures = one<Attempts>(sql, sha256Hex(who))?.failures ?? 0;
      const untilMs = nowMs + waitMsAfter(failures, freely);
      run('UPDATE attempts SET untilMs = max(untilMs, ?) WHERE who = ?', untilMs, sha256Hex(who));
    },
    forgetAttempts: (who) => void run('DELETE FROM attempts WHERE who = ?', sha256Hex(who)),
    takeBackAttempt(who, freely) {
      run(
        'UPDATE attempts SET failures = failures - 1 WHERE who = ? AND failures > 0',
        sha256Hex(who),
      );
      const sql = 'SELECT failures, lastMs, untilMs FROM attempts WHERE who = ?';
      const row = one<Attempts>(sql, sha256Hex(who));
      if (!row) return;
      const untilMs = row.lastMs + waitMsAfter(row.failures, freely);
      run('UPDATE attempts SET untilMs = min(untilMs, ?) WHERE who = ?', untilMs, sha256Hex(who));
    },
    makePersonKey(personId, make) {
      run('INSERT OR IGNORE INTO persons (id, keyHex) VALUES (?, ?)', personId, make());
      return personKey(personId);
    },
    personKey,
    destroyPersonKey(personId) {
      run(
        'INSERT INTO persons (id, keyHex) VALUES (?, NULL) ON CONFLICT (id) DO UPDATE SET keyHex = NULL',
        personId,
      );
      // The journal holds the page as it was. Nothing else is done meanwhile, so the wait is short.
      db.pragma(`busy_timeout = ${CHECKPOINT_BUSY_MS}`);
      const sql = 'PRAGMA wal_checkpoint(TRUNCATE)';
      const [[busy]] = db.prepare(sql).raw().all() as [[number]];
      db.pragma(`busy_timeout = ${BUSY_MS}`);
      if (busy !== 0) throw new JournalInUse(db.name);
    },
    close() {
      if (db.open) db.close();
    },
  };
}

function issuerRows(
  run: (sql: string, ...values: unknown[]) => number,
  one: <Row>(sql: string, ...values: unknown[]) => Row | undefined,
  clock: Clock,
): IssuerRows {
  interface Stored {
    readonly payload: string;
    readonly consumedS: number | null;
  }
  const idOf = (model: string, id: string): string => {
    if (!FOUND_BY_HASH.includes(model)) return id;
    const isNamed = model === 'DeviceCode' && isStoredName(id);
    return isNamed ? id.slice(DEVICE_CODE_BY_HASH.length) : sha256Hex(id);
  };
  const rowOf = (stored: Stored | undefined): IssuerRow | undefined =>
    stored && {
      payload: JSON.parse(stored.payload) as Record<string, unknown>,
      consumedS: stored.consumedS,
    };
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    put(model, id, payload, lifeS) {
      const nowMs = clock.nowMs();
      run('DELETE FROM issuer WHERE expiresMs < ?', nowMs);
      const { grantId, uid, userCode, accountId, jti, ...rest } = payload;
      const kept = { ...rest, grantId, uid, userCode, accountId };
      const isHidden = FOUND_BY_HASH.includes(model);
      run(
        `INSERT INTO issuer (model, id, payload, expiresMs, grantId, uid, userCode, accountId)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload,
           expiresMs = excluded.expiresMs, grantId = excluded.grantId, uid = excluded.uid,
           userCode = excluded.userCode, accountId = excluded.accountId`,
        model,
        idOf(model, id),
        JSON.stringify(isHidden ? kept : { ...kept, jti }),
        nowMs + lifeS * 1_000,
        text(grantId),
        text(uid),
        text(userCode),
        text(accountId),
      );
    },
    find(model, id) {
      const row = rowOf(
        one<Stored>(
          'SELECT payload, consumedS FROM issuer WHERE model = ? AND id = ? AND expiresMs > ?',
          model,
          idOf(model, id),
          clock.nowMs(),
        ),
      );
      return row && { ...row, payload: { ...row.payload, jti: id } };
    },
    findBy(model, field, value) {
      const stored = one<Stored & { readonly id: string }>(
        `SELECT id, payload, consumedS FROM issuer
         WHERE model = ? AND ${field} = ? AND expiresMs > ?`,
        model,
        value,
        clock.nowMs(),
      );
      const row = rowOf(stored);
      if (!row || model !== 'DeviceCode') return row;
      const jti = `${DEVICE_CODE_BY_HASH}${stored!.id}`;
      return { ...row, payload: { ...row.payload, jti } };
    },
    consume: (model, id) =>
      run(
        'UPDATE issuer SET consumedS = ? WHERE model = ? AND id = ? AND consumedS IS NULL',
        Math.floor(clock.nowMs() / 1_000),
        model,
        idOf(model, id),
      ) === 1,
    destroy: (model, id) =>
      void run('DELETE FROM issuer WHERE model = ? AND id = ?', model, idOf(model, id)),
    destroyGrant: (grantId) => void run('DELETE FROM issuer WHERE grantId = ?', grantId),
    destroyOf: (accountId) => void run('DELETE FROM issuer WHERE accountId = ?', accountId),
  };
}
