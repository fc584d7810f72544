/**
 * What is no part of the log: the secrets that sign, how far each webhook has come, what could not be
 * delivered. One SQLite file that the processes of a data folder share, for its owner only. Lost, webhooks
 * begin where they were subscribed and need new secrets.
 */
import { closeSync, chmodSync, openSync } from 'node:fs';
import Database from 'libsql';
import { newWebhookSecret } from './webhook-signature';

/** How the sending of a webhook fares. */
export interface WebhookProgress {
  /** Position of the last event dealt with; null before the first. */
  readonly position: number | null;
  /** The event under way has failed so often; 0 = all is well. */
  readonly attempts: number;
  readonly reason: string | null;
}

/** An event that could not be delivered. */
export interface DeadLetter {
  readonly position: number;
  readonly eventId: string;
  readonly type: string;
  /** A position before it, to find it by. */
  readonly afterPosition: number;
  readonly attempts: number;
  readonly reason: string;
  /** When it was given up, ISO 8601 UTC. */
  readonly at: string;
}

export interface WebhookState {
  /** The secret of a webhook, made when it has none. */
  secretOf(webhookId: string): string;
  /**
   * A new secret; the one before signs too until `untilMs`. The same event of the log rotates once.
   *
   * @param position of the `WebhookSecretRotated`
   */
  rotate(webhookId: string, position: number, untilMs: number): string;
  /** Secrets that sign at a time, the newest first; none where the file was lost. */
  secretsAt(webhookId: string, nowMs: number): readonly string[];
  progressOf(webhookId: string): WebhookProgress;
  /** The event at a position is dealt with; a late one's word about an earlier event changes nothing. */
  advance(webhookId: string, position: number): void;
  /** The event at a position failed; a late one's word about an event dealt with changes nothing. */
  failed(webhookId: string, position: number, attempts: number, reason: string): void;
  bury(webhookId: string, letter: DeadLetter): void;
  /** Dead letters by their position, and how many there are. */
  deadLetters(webhookId: string, limit: number): readonly DeadLetter[];
  deadLetterAt(webhookId: string, position: number): DeadLetter | undefined;
  countDeadLetters(webhookId: string): number;
  forgetDeadLetter(webhookId: string, position: number): void;
  /** Everything of a webhook that is deleted. */
  forget(webhookId: string): void;
  close(): void;
}

/** Most dead letters that are kept of one webhook; the oldest go first. The events stay in the log. */
const DEAD_LETTERS_KEPT = 10_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS secrets (
    webhookId TEXT PRIMARY KEY, secret TEXT NOT NULL, rotatedAt INTEGER NOT NULL,
    before TEXT, beforeUntilMs INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS progress (
    webhookId TEXT PRIMARY KEY, position INTEGER, attempts INTEGER NOT NULL, reason TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS deadLetters (
    webhookId TEXT NOT NULL, position INTEGER NOT NULL, letter TEXT NOT NULL,
    PRIMARY KEY (webhookId, position)) STRICT`;

/** How long SQLite waits for another process; these writes are few and small. */
const BUSY_MS = 5_000;

/**
 * Opens the file, creating it where absent.
 *
 * @throws Error when it cannot be read, naming it and the remedy
 */
export function openWebhookState(path: string): WebhookState {
  const db = openFile(path);
  const all = <Row>(sql: string, ...values: readonly (string | number | null)[]): Row[] =>
    db.prepare(sql).all([...values]) as Row[];
  const run = (sql: string, ...values: readonly (string | number | null)[]): void =>
    void db.prepare(sql).run([...values]);

  interface SecretRow {
    readonly secret: string;
    readonly rotatedAt: number;
    readonly before: string | null;
    readonly beforeUntilMs: number | null;
  }
  const secretRow = (webhookId: string): SecretRow | undefined =>
    all<SecretRow>('SELECT * FROM secrets WHERE webhookId = ?', webhookId)[0];
  const letterOf = ({ letter }: { readonly letter: string }) => JSON.parse(letter) as DeadLetter;

  function secretOf(webhookId: string): string {
    // Two processes may be asked at once: the first one's counts.
    run(
      'INSERT OR IGNORE INTO secrets (webhookId, secret, rotatedAt) VALUES (?, ?, -1)',
      webhookId,
      newWebhookSecret(),
    );
    return secretRow(webhookId)!.secret;
  }

  return {
    secretOf,
    rotate(webhookId, position, untilMs) {
      secretOf(webhookId);
      run(
        `UPDATE secrets SET before = secret, beforeUntilMs = ?, secret = ?, rotatedAt = ?
         WHERE webhookId = ? AND rotatedAt < ?`,
        untilMs,
        newWebhookSecret(),
        position,
        webhookId,
        position,
      );
      return secretOf(webhookId);
    },
    secretsAt(webhookId, nowMs) {
      const row = secretRow(webhookId);
      if (!row) return [];
      const { secret, before, beforeUntilMs } = row;
      return before !== null && nowMs < (beforeUntilMs ?? 0) ? [secret, before] : [secret];
    },
    progressOf(webhookId) {
      const [row] = all<WebhookProgress>(
        'SELECT position, attempts, reason FROM progress WHERE webhookId = ?',
        webhookId,
      );
      return row
        ? { position: row.position, attempts: row.attempts, reason: row.reason }
        : { position: null, attempts: 0, reason: null };
    },
    advance: (webhookId, position) =>
      run(
        `INSERT INTO progress VALUES (?, ?, 0, NULL) ON CONFLICT (webhookId) DO UPDATE SET
           position = excluded.position, attempts = 0, reason = NULL
         WHERE progress.position IS NULL OR progress.position < excluded.position`,
        webhookId,
        position,
      ),
    failed: (webhookId, position, attempts, reason) =>
      run(
        `INSERT INTO progress VALUES (?, NULL, ?, ?) ON CONFLICT (webhookId) DO UPDATE SET
           attempts = excluded.attempts, reason = excluded.reason
         WHERE progress.position IS NULL OR progress.position < ?`,
        webhookId,
        attempts,
        reason,
        position,
      ),
    bury(webhookId, letter) {
      run(
        'INSERT OR REPLACE INTO deadLetters VALUES (?, ?, ?)',
        webhookId,
        letter.position,
        JSON.stringify(letter),
      );
      run(
        `DELETE FROM deadLetters WHERE webhookId = ? AND position IN (
           SELECT position FROM deadLetters WHERE webhookId = ?
           ORDER BY position DESC LIMIT -1 OFFSET ?)`,
        webhookId,
        webhookId,
        DEAD_LETTERS_KEPT,
      );
    },
    deadLetters: (webhookId, limit) =>
      all<{ letter: string }>(
        'SELECT letter FROM deadLetters WHERE webhookId = ? ORDER BY position LIMIT ?',
        webhookId,
        limit,
      ).map(letterOf),
    deadLetterAt: (webhookId, position) =>
      all<{ letter: string }>(
        'SELECT letter FROM deadLetters WHERE webhookId = ? AND position = ?',
        webhookId,
        position,
      ).map(letterOf)[0],
    countDeadLetters: (webhookId) =>
      all<{ n: number }>('SELECT count(*) AS n FROM deadLetters WHERE webhookId = ?', webhookId)[0]!
        .n,
    forgetDeadLetter: (webhookId, position) =>
      run('DELETE FROM deadLetters WHERE webhookId = ? AND position = ?', webhookId, position),
    forget(webhookId) {
      for (const table of ['secrets', 'progress', 'deadLetters']) {
        run(`DELETE FROM ${table} WHERE webhookId = ?`, webhookId);
      }
    },
    close: () => void (db.open && db.close()),
  };
}

function openFile(path: string): Database.Database {
  try {
    // Made here, since SQLite would let others read it; its companions get the same mode.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    const db = new Database(path);
    db.pragma(`busy_timeout = ${BUSY_MS}`);
    db.pragma('journal_mode = WAL');
    db.exec(TABLES);
    return db;
  } catch (error) {
    throw new Error(
      `${path}, which holds the webhooks' secrets, cannot be used: ${(error as Error).message}; ` +
        'restore it from a backup, or move it away: webhooks then need new secrets.',
      { cause: error },
    );
  }
}
