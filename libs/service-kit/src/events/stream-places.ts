/**
 * Who has how many event streams open, counted over all instances of a data folder: one SQLite file that they
 * share. Nothing in it outlives the streams; lost, it is counted anew. A place that its instance does not renew
 * lapses, so that one that was killed holds nobody back for long.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, messageOf, sleep } from '@flexledger/runtime';
import Database from 'libsql';

/** Places for streams, of which each client has a few. */
export interface StreamPlaces {
  /** Takes one where a client has fewer than `most`; what it gives back gives it free. */
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
/** How long SQLite waits for another process, and with it everything else here; these writes are few and small. */
const BUSY_MS = 250;

/**
 * The places of all processes that have the file open. While it cannot be used (a full disk, another process that holds
 * it), each process counts its own: nobody is refused for it.
 *
 * @param clock the machine's
 * @param onProblem told when the file fails, and again only after it could be used
 */
export function openSharedPlaces(
  path: string,
  clock: Clock,
  onProblem: (problem: string) => void,
): StreamPlaces {
  /** Those of this process, by client. */
  const own = new Map<string, string>();
  const ended = new AbortController();
  let db: Database.Database | undefined;
  let isFailing = false;

  /** Does something with the file; undefined where that fails. */
  function shared<Result>(work: (file: Database.Database) => Result): Result | undefined {
    try {
      db ??= openFile(path);
      const result = work(db);
      isFailing = false;
      return result;
    } catch (error) {
      if (!isFailing) {
        onProblem(
          `${path}, which counts open event streams, cannot be used (${messageOf(error)}); each process counts its ` +
            'own meanwhile. Where it is damaged, move it away: it is counted anew.',
        );
      }
      isFailing = true;
      return undefined;
    }
  }

  /** Places that stand: a clock that was set back leaves none that would last for longer than any may. */
  const standing = (nowMs: number): [number, number] => [nowMs, nowMs + LAPSES_MS];
  const ownOf = (clientId: string): number =>
    [...own.values()].filter((one) => one === clientId).length;

  function renew(): void {
    const untilMs = clock.nowMs() + LAPSES_MS;
    shared((file) => {
      // Put back as well: a clock that was set forward made them lapse, or the file is another one.
      const put = file.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?)');
      for (const [placeId, clientId] of own) put.run([placeId, clientId, untilMs]);
    });
  }
  void (async () => {
    for (;;) {
      await sleep(RENEWED_EVERY_MS, ended.signal);
      if (ended.signal.aborted) return;
      renew();
    }
  })();
  const remove = (placeIds: readonly string[]): void =>
    void shared((file) => {
      const drop = file.prepare('DELETE FROM places WHERE placeId = ?');
      for (const placeId of placeIds) drop.run([placeId]);
    });

  return {
    countOf(clientId) {
      const sql =
        'SELECT count(*) AS n FROM places WHERE clientId = ? AND untilMs > ? AND untilMs <= ?';
      const count = shared(
        (file) =>
          file.prepare(sql).get([clientId, ...standing(clock.nowMs())]) as { readonly n: number },
      );
      return count?.n ?? ownOf(clientId);
    },
    take(clientId, most) {
      const nowMs = clock.nowMs();
      const placeId = randomUUID();
      // One statement, so that of those who ask at once no one too many gets a place.
      const taken = shared((file) => {
        file
          .prepare('DELETE FROM places WHERE NOT (untilMs > ? AND untilMs <= ?)')
          .run(standing(nowMs));
        return file
          .prepare(
            `INSERT INTO places SELECT ?, ?, ?
             WHERE (SELECT count(*) FROM places WHERE clientId = ?) < ?`,
          )
          .run([placeId, clientId, nowMs + LAPSES_MS, clientId, most]).changes;
      });
      const isTaken = taken === undefined ? ownOf(clientId) < most : taken > 0;
      if (!isTaken) return undefined;
      own.set(placeId, clientId);
      return () => {
        // A stream has ended, whatever the file says: where its place cannot be given free it lapses.
        if (own.delete(placeId)) remove([placeId]);
      };
    },
    close() {
      ended.abort();
      remove([...own.keys()]);
      own.clear();
      if (db?.open) db.close();
    },
  };
}

function openFile(path: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma(`busy_timeout = ${BUSY_MS}`);
    db.pragma('journal_mode = WAL');
    db.exec(TABLE);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
