/**
 * Who has how many event streams open, counted over all instances of a data folder: one SQLite file that they
 * share. Nothing in it outlives the streams; lost, it is counted anew. A place that its instance does not renew
 * lapses, so that one that was killed holds nobody back for long.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '@flexledger/runtime';
import Database from 'libsql';

/** Places for streams, of which each client has a few. */
export interface StreamPlaces {
  /** Takes one where a client has fewer than `most`; what it gives back gives it free. @throws what SQLite says */
  take(clientId: string, most: number): (() => void) | undefined;
  /** How many of a client stand. */
  countOf(clientId: string): number;
  close(): void;
}

/** The places of one process alone. */
export function ownPlaces(): StreamPlaces {
  const byClient = new Map<string, number>();
  const countOf = (clientId: string): number => byClient.get(clientId) ?? 0;
  return {
    countOf,
    take(clientId, most) {
      if (countOf(clientId) >= most) return undefined;
      byClient.set(clientId, countOf(clientId) + 1);
      return () => {
        const left = countOf(clientId) - 1;
        if (left === 0) byClient.delete(clientId);
        else byClient.set(clientId, left);
      };
    },
    close: () => byClient.clear(),
  };
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS places (
    placeId TEXT PRIMARY KEY, clientId TEXT NOT NULL, untilMs INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS placesOfClient ON places (clientId)`;

/** A place lapses so long after it was renewed last. */
const LAPSES_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;
/** How long SQLite waits for another process; these writes are few and small. */
const BUSY_MS = 2_000;

/**
 * The places of all processes that have the file open.
 *
 * @param clock the machine's
 * @throws Error when the file cannot be used, naming it and the remedy
 */
export function openSharedPlaces(path: string, clock: Clock): StreamPlaces {
  const db = openFile(path);
  const own = new Set<string>();
  const ended = new AbortController();
  const run = (sql: string, ...values: readonly (string | number)[]): number =>
    db.prepare(sql).run([...values]).changes;

  void (async () => {
    for (;;) {
      await sleep(RENEWED_EVERY_MS, ended.signal);
      if (ended.signal.aborted) return;
      const untilMs = clock.nowMs() + LAPSES_MS;
      for (const placeId of own) {
        // What fails now is tried again before the place lapses.
        passing(() => run('UPDATE places SET untilMs = ? WHERE placeId = ?', untilMs, placeId));
      }
    }
  })();

  return {
    countOf(clientId) {
      const sql = 'SELECT count(*) AS n FROM places WHERE clientId = ? AND untilMs > ?';
      return (db.prepare(sql).get([clientId, clock.nowMs()]) as { n: number }).n;
    },
    take(clientId, most) {
      const nowMs = clock.nowMs();
      const placeId = randomUUID();
      run('DELETE FROM places WHERE untilMs <= ?', nowMs);
      // One statement, so that of those who ask at once no one too many gets a place.
      const taken = run(
        `INSERT INTO places SELECT ?, ?, ?
         WHERE (SELECT count(*) FROM places WHERE clientId = ?) < ?`,
        placeId,
        clientId,
        nowMs + LAPSES_MS,
        clientId,
        most,
      );
      if (taken === 0) return undefined;
      own.add(placeId);
      return () => {
        own.delete(placeId);
        // A stream has ended, whatever its place says: where it cannot be given free it lapses.
        passing(() => run('DELETE FROM places WHERE placeId = ?', placeId));
      };
    },
    close() {
      ended.abort();
      for (const placeId of own) {
        passing(() => run('DELETE FROM places WHERE placeId = ?', placeId));
      }
      own.clear();
      if (db.open) db.close();
    },
  };
}

function passing(attempt: () => unknown): void {
  try {
    attempt();
  } catch {
    return;
  }
}

function openFile(path: string): Database.Database {
  try {
    const db = new Database(path);
    db.pragma(`busy_timeout = ${BUSY_MS}`);
    db.pragma('journal_mode = WAL');
    db.exec(TABLE);
    return db;
  } catch (error) {
    throw new Error(
      `${path}, which counts open event streams, cannot be used: ${(error as Error).message}; ` +
        'move it away: it is counted anew.',
      { cause: error },
    );
  }
}
