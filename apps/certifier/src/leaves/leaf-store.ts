/**
 * What the certifier keeps of its tree outside its memory: for each leaf its hash, the event's id and the
 * event's position in the log, and the tree's hashes in full blocks, each with its SHA-256. One SQLite file; everything in it can be computed again from the
 * log, so it may be lost, deleted or behind. Several certifiers of one log may share it: what they
 * write of a leaf is the same.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeOwnerOnly } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { BLOCK_HASHES, HASH_BYTES, type HashBlocks, HashesMissing } from '@flexledger/merkle-log';
import Database from 'libsql';
import { LRUCache } from 'lru-cache';

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
  /** How many leaves there are from the first on, none missing, or `atMost`. */
  count(atMost: number): number;
  /** Hashes of the leaves from `first` on to the one before `end`, which are there. */
  hashes(first: number, end: number): Uint8Array[];
  /**
   * Adds leaves, all or none; one that is there is replaced.
   *
   * @param grow puts them into the tree, whose blocks are then kept with them
   */
  add(leaves: readonly Leaf[], grow: () => void): void;
  /** Whether every full block of a tree of `size` leaves is kept. */
  hasBlocks(size: number): boolean;
  /** The full blocks of the tree's hashes; one that is not as it was written is forgotten, and missing. */
  readonly blocks: HashBlocks;
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
/** Pages of the file in memory: most of the index by id of some million leaves. */
const CACHE_KIB = 32_768;
/** Pages that the log beside the file may have: 32 MB, so that fewer of them are written twice. */
const WAL_PAGES = 8_000;
/** Blocks in memory: 8 MiB, so that proofs of neighbours and the upper levels need no file. */
const BLOCKS_AT_HAND = 1_024;
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
    // An earlier release kept blocks without their hash: they are made again from the log.
    const { unchecked } = db
      .prepare(
        `SELECT count(*) > 0 AND sum(name = 'sha256') = 0 AS unchecked FROM pragma_table_info('blocks')`,
      )
      .get() as { unchecked: number };
    if (unchecked) db.exec('DROP TABLE blocks');
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA wal_autocheckpoint = ${WAL_PAGES};
      PRAGMA application_id = ${APPLICATION_ID};
      CREATE TABLE IF NOT EXISTS leaves (
        leaf INTEGER PRIMARY KEY, position INTEGER NOT NULL, eventId BLOB NOT NULL, hash BLOB NOT NULL
      );
      CREATE INDEX IF NOT EXISTS leaves_by_position ON leaves (position);
      CREATE INDEX IF NOT EXISTS leaves_by_event ON leaves (eventId);
      CREATE TABLE IF NOT EXISTS blocks (
        level INTEGER NOT NULL, block INTEGER NOT NULL, hashes BLOB NOT NULL, sha256 BLOB NOT NULL,
        PRIMARY KEY (level, block)
      )`);
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
  const counted = db.prepare('SELECT count(*) AS leaves FROM leaves WHERE leaf < ?');
  const range = db.prepare('SELECT hash FROM leaves WHERE leaf >= ? AND leaf < ? ORDER BY leaf');
  const putBlock = db.prepare(
    'INSERT OR REPLACE INTO blocks (level, block, hashes, sha256) VALUES (?, ?, ?, ?)',
  );
  const countedBlocks = db.prepare(
    'SELECT count(*) AS blocks FROM blocks WHERE level = ? AND block < ?',
  );
  const findBlock = db.prepare('SELECT hashes, sha256 FROM blocks WHERE level = ? AND block = ?');
  const dropBlock = db.prepare('DELETE FROM blocks WHERE level = ? AND block = ?');
  const atHand = new LRUCache<string, Uint8Array>({ max: BLOCKS_AT_HAND });
  const byLeaf = db.prepare('SELECT position FROM leaves WHERE leaf = ?');
  const [byPosition, byEvent] = ['position', 'eventId'].map((column) =>
    db.prepare(
      `SELECT leaf, position FROM leaves WHERE ${column} = ? AND leaf < ? ORDER BY leaf LIMIT 1`,
    ),
  ) as [Database.Statement, Database.Statement];
  const addAll = db.transaction((leaves: readonly Leaf[], grow: () => void) => {
    for (const { index, position, eventId, hash } of leaves) {
      put.run(index, position, idBytes(eventId), Buffer.from(hash));
    }
    grow();
  });
  return {
    count(atMost) {
      const leavesBefore = (size: number) => (counted.get(size) as { leaves: number }).leaves;
      const found = leavesBefore(atMost);
      // Where one is missing, those behind it are of no use.
      return leavesBefore(found) === found ? found : 0;
    },
    hashes: (first, end) =>
      (range.all(first, end) as StoredLeaf[]).map(({ hash }) => new Uint8Array(hash)),
    add: (leaves, grow) => void addAll.immediate(leaves, grow),
    hasBlocks(size) {
      for (let level = 0, left = size; left > 0; level += 1, left = Math.floor(left / 2)) {
        const full = Math.floor(left / BLOCK_HASHES);
        if ((countedBlocks.get(level, full) as { blocks: number }).blocks < full) return false;
      }
      return true;
    },
    blocks: {
      write(level, block, hashes) {
        const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
        putBlock.run(level, block, bytes, Buffer.from(sha256(bytes)));
        atHand.set(`${level}/${block}`, hashes);
      },
      read(level, block) {
        const name = `${level}/${block}`;
        const known = atHand.get(name);
        if (known) return known;
        const row = findBlock.get(level, block) as StoredBlock | undefined;
        if (!row) throw new HashesMissing(`block ${name} of the certifier's tree is missing`);
        const hashes = new Uint8Array(row.hashes);
        const isWhole =
          hashes.length === BLOCK_HASHES * HASH_BYTES &&
          Buffer.from(sha256(hashes)).equals(Buffer.from(row.sha256));
        if (!isWhole) {
          dropBlock.run(level, block);
          throw new HashesMissing(`block ${name} of the certifier's tree is not as it was written`);
        }
        atHand.set(name, hashes);
        return hashes;
      },
    },
    positionOf: (index) => (byLeaf.get(index) as StoredLeaf | undefined)?.position,
    find(event, size) {
      const row = (
        'id' in event ? byEvent.get(idBytes(event.id), size) : byPosition.get(event.position, size)
      ) as StoredLeaf | undefined;
      return row && { index: row.leaf, position: row.position };
    },
    clear() {
      db.exec('BEGIN IMMEDIATE; DELETE FROM leaves; DELETE FROM blocks; COMMIT');
      atHand.clear();
    },
    close: () => void db.close(),
  };
}

interface StoredBlock {
  readonly hashes: Buffer;
  readonly sha256: Buffer;
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
