/**
 * What the certifier keeps of its tree between two starts: for each leaf its hash, the event's id and
 * the event's position in the log. One SQLite file; everything in it can be computed again from the
 * log, so it may be lost, deleted or behind. Several certifiers of one log may share it: what they
 * write of a leaf is the same.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeOwnerOnly } from '@flexledger/event-store';
import Database from 'libsql';

/** Where a leaf's event stands. */
export interface LeafPlace {
  /** Of the leaf, from 0, without gaps: what proofs speak of. */
  readonly index: number;
  /** Of the event in the log: opaque, rising with the index. */
  readonly position: number;
}

export interface Leaf extends LeafPlace {
  readonly eventId: string;
  /** RFC 9162, 32 bytes. */
  readonly hash: Uint8Array;
}

export interface LeafStore {
  /** The first leaves in order, until one is missing or there are so many. */
  first(count: number): Iterable<Pick<Leaf, 'hash' | 'position'>>;
  /** Adds leaves, all or none; one that is there is replaced. */
  add(leaves: readonly Leaf[]): void;
  positionOf(index: number): number | undefined;
  /** The leaf of the event at a position, or with an id, among the first `size`. */
  find(
    event: { readonly position: number } | { readonly id: string },
    size: number,
  ): LeafPlace | undefined;
  /** Forgets everything. */
  clear(): void;
  close(): void;
}

/** "FLCT": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x464c4354;
const BUSY_TIMEOUT_MS = 5_000;
const PAGE = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Opens the leaves of a folder, making it where absent. A file that cannot be used is made anew.
 *
 * @param folder of the certifier alone; `:memory:` keeps everything in this process
 */
export function openLeafStore(folder: string, onProblem: (problem: string) => void): LeafStore {
  if (folder === ':memory:') return leafStore(openFile(folder));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'leaves.sqlite');
  try {
    return leafStore(openFile(file));
  } catch (error) {
    onProblem(`${file} cannot be used (${String(error)}); it is made anew from the log`);
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    return leafStore(openFile(file));
  }
}

function openFile(file: string): Database.Database {
  makeOwnerOnly(file);
  const db = new Database(file);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    const { application_id: id } = db.prepare('PRAGMA application_id').get() as {
      application_id: number;
    };
    const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {
      tables: number;
    };
    if (id !== APPLICATION_ID && tables > 0) throw new Error('it is another SQLite file');
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA application_id = ${APPLICATION_ID};
      CREATE TABLE IF NOT EXISTS leaves (
        leaf INTEGER PRIMARY KEY, position INTEGER NOT NULL, eventId BLOB NOT NULL, hash BLOB NOT NULL
      );
      CREATE INDEX IF NOT EXISTS leaves_by_position ON leaves (position);
      CREATE INDEX IF NOT EXISTS leaves_by_event ON leaves (eventId)`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function leafStore(db: Database.Database): LeafStore {
  const put = db.prepare(
    'INSERT OR REPLACE INTO leaves (leaf, position, eventId, hash) VALUES (?, ?, ?, ?)',
  );
  const page = db.prepare(
    'SELECT leaf, position, hash FROM leaves WHERE leaf >= ? ORDER BY leaf LIMIT ?',
  );
  const byLeaf = db.prepare('SELECT position FROM leaves WHERE leaf = ?');
  const [byPosition, byEvent] = ['position', 'eventId'].map((column) =>
    db.prepare(
      `SELECT leaf, position FROM leaves WHERE ${column} = ? AND leaf < ? ORDER BY leaf LIMIT 1`,
    ),
  ) as [Database.Statement, Database.Statement];
  const addAll = db.transaction((leaves: readonly Leaf[]) => {
    for (const { index, position, eventId, hash } of leaves) {
      put.run(index, position, idBytes(eventId), Buffer.from(hash));
    }
  });
  return {
    *first(count) {
      for (let next = 0; next < count;) {
        const rows = page.all(next, Math.min(PAGE, count - next)) as StoredLeaf[];
        for (const { leaf, position, hash } of rows) {
          if (leaf !== next) return;
          yield { position, hash: new Uint8Array(hash) };
          next += 1;
        }
        if (rows.length === 0) return;
      }
    },
    add: (leaves) => void addAll.immediate(leaves),
    positionOf: (index) => (byLeaf.get(index) as StoredLeaf | undefined)?.position,
    find(event, size) {
      const row = (
        'id' in event ? byEvent.get(idBytes(event.id), size) : byPosition.get(event.position, size)
      ) as StoredLeaf | undefined;
      return row && { index: row.leaf, position: row.position };
    },
    clear: () => void db.exec('DELETE FROM leaves'),
    close: () => void db.close(),
  };
}

interface StoredLeaf {
  readonly leaf: number;
  readonly position: number;
  readonly hash: Buffer;
}

/** A UUID in half its length; any other text as it is. */
function idBytes(id: string): Buffer {
  return UUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : Buffer.from(id, 'utf8');
}
