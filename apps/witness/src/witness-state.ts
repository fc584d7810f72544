/**
 * What a witness has cosigned, in one SQLite file: durable before a signature leaves, and compared and set in
 * one step, so that two processes with one key never cosign two histories.
 */
import { chmodSync } from 'node:fs';
import Database from 'libsql';

export interface SeenTree {
  readonly size: number;
  /** RFC 9162 root, 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint that a log signed and that was not shown to go on from what was cosigned. */
export interface Evidence {
  readonly origin: string;
  /** The signed checkpoint. */
  readonly note: string;
  /** What is wrong with it. */
  readonly why: string;
  readonly atMs: number;
}

export interface WitnessState {
  /** The last tree of a log that was cosigned. */
  seen(origin: string): SeenTree | undefined;
  /** Goes on from `from` leaves; false where another has gone on meanwhile. */
  advance(origin: string, from: number, to: SeenTree): boolean;
  /** Kept once each, the first so many of a log; true when it was not there before. */
  keepEvidence(evidence: Evidence): boolean;
  evidence(): readonly Evidence[];
  close(): void;
}

const BUSY_TIMEOUT_MS = 5_000;
/** A log that goes on contradicting itself fills no disk. */
const EVIDENCE_AT_MOST = 1_000;

/** Opens the file, making it where it is absent. */
export function openWitnessState(file: string): WitnessState {
  const db = new Database(file);
  if (file !== ':memory:') chmodSync(file, 0o600);
  db.exec(`
    PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS evidence (
      origin TEXT NOT NULL, note TEXT NOT NULL, why TEXT NOT NULL, atMs INTEGER NOT NULL, PRIMARY KEY (origin, note)
    )`);
  const find = db.prepare('SELECT size, root FROM seen WHERE origin = ?');
  const put = db.prepare(
    `INSERT INTO seen (origin, size, root) VALUES (?, ?, ?)
     ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root`,
  );
  const count = db.prepare('SELECT count(*) AS kept FROM evidence WHERE origin = ?');
  const keep = db.prepare(
    'INSERT OR IGNORE INTO evidence (origin, note, why, atMs) VALUES (?, ?, ?, ?)',
  );
  const all = db.prepare('SELECT origin, note, why, atMs FROM evidence ORDER BY atMs, origin');
  const seen = (origin: string): SeenTree | undefined => {
    const row = find.get(origin) as { size: number; root: Buffer } | undefined;
    return row && { size: row.size, root: new Uint8Array(row.root) };
  };
  const advance = db.transaction((origin: string, from: number, to: SeenTree): boolean => {
    if ((seen(origin)?.size ?? 0) !== from) return false;
    put.run(origin, to.size, Buffer.from(to.root));
    return true;
  });
  return {
    seen,
    advance: (origin, from, to) => advance.immediate(origin, from, to) as boolean,
    keepEvidence({ origin, note, why, atMs }) {
      const { kept } = count.get(origin) as { kept: number };
      return kept < EVIDENCE_AT_MOST && keep.run(origin, note, why, atMs).changes > 0;
    },
    evidence: () => all.all() as Evidence[],
    close: () => void db.close(),
  };
}
