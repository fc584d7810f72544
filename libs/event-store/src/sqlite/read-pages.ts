/**
 * Reading by pages that are bounded in rows and bytes, so that neither a long log nor large events
 * fill the memory, and no query holds the event loop, or the write-ahead log, for long.
 *
 * A page comes out of SQLite as one JSON text in a blob: one native value instead of fourteen a
 * row, and bytes that are no UTF-8 become U+FFFD here, where the driver would end the process.
 */
import type Database from 'libsql';
import { LogDamaged } from '../errors';
import type { EventFilter } from '../port';
import { COLUMNS, type RowValues } from './log-format';
import { damageOr } from './sqlite-errors';

const ROWS_PER_PAGE = 512;
const BYTES_PER_PAGE = 4 * 1024 * 1024;

/** How many positions one filtered query looks at: a few milliseconds, even if nothing passes. */
const POSITIONS_PER_FILTERED_PAGE = 16_384;

export interface Page {
  readonly rows: readonly RowValues[];
  /** The first position (or revision) that this page did not look at. */
  readonly next: number;
}

/** Reads the rows of `from..last` (both included) that fit in one page, at most `limit`. */
export type ReadPage = (from: number, last: number, limit?: number) => Page;

/** Pages of the whole log by position. A gap shows as an error, unless `filter` explains it. */
export function pagesOfLog(db: Database.Database, path: string, filter?: EventFilter): ReadPage {
  if (!filter) {
    const readPage = rawPages(db, path);
    return (from, last, limit) => withoutGap(path, 'position', from, readPage(from, last, limit));
  }
  const query = pageQuery(db, path, 'position', compileFilter(filter));
  return (from, last, limit = ROWS_PER_PAGE) =>
    query(from, Math.min(last, from + POSITIONS_PER_FILTERED_PAGE - 1), limit);
}

/** Pages of the whole log by position, whatever they hold. */
export function rawPages(db: Database.Database, path: string): ReadPage {
  const query = pageQuery(db, path, 'position', { sql: '1', values: [] });
  return (from, last, limit = ROWS_PER_PAGE) => query(from, last, limit);
}

/** Pages of one stream by revision. A gap shows as an error. */
export function pagesOfStream(db: Database.Database, path: string): (streamId: string) => ReadPage {
  const query = pageQuery(db, path, 'revision', { sql: 'streamId = ?', values: [] });
  return (streamId) =>
    (from, last, limit = ROWS_PER_PAGE) =>
      withoutGap(path, 'revision', from, query(from, last, limit, streamId));
}

/** Asks for the position of the last event, -1 in an empty log. */
export function lastPositionOf(db: Database.Database): () => number {
  const query = db.prepare('SELECT max(position) FROM events').raw();
  return () => (query.all() as [[number | null]])[0][0] ?? -1;
}

/** Asks for the revision of a stream's last event, -1 when the stream does not exist. */
export function lastRevisionOf(db: Database.Database): (streamId: string) => number {
  const query = db.prepare('SELECT max(revision) FROM events WHERE streamId = ?').raw();
  return (streamId) => (query.all([streamId]) as [[number | null]])[0][0] ?? -1;
}

interface Scope {
  readonly sql: string;
  readonly values: readonly string[];
}

type Query = (from: number, last: number, limit: number, ...values: string[]) => Page;

function pageQuery(
  db: Database.Database,
  path: string,
  key: 'position' | 'revision',
  scope: Scope,
): Query {
  const matching = `FROM events WHERE (${scope.sql}) AND ${key} BETWEEN ? AND ? ORDER BY ${key}`;
  const weigh = db
    .prepare(
      `SELECT count(*), max(k), sum(bytes)
       FROM (SELECT ${key} AS k, octet_length(data) AS bytes ${matching} LIMIT ?)`,
    )
    .raw();
  const fetch = db
    .prepare(
      `SELECT CAST(json_group_array(json_array(${COLUMNS.map(castColumn).join(', ')})) AS BLOB)
       FROM (SELECT * ${matching})`,
    )
    .raw();
  return (from, last, limit, ...more) => {
    const values = [...scope.values, ...more, from];
    try {
      for (let rows = Math.min(limit, ROWS_PER_PAGE); ; rows = Math.ceil(rows / 4)) {
        const [weight] = weigh.all([...values, last, rows]) as [[number, number, number]];
        const [count, lastFound, bytes] = weight;
        if (count === 0) return { rows: [], next: last + 1 };
        if (bytes > BYTES_PER_PAGE && rows > 1) continue;
        const [[json]] = fetch.all([...values, lastFound]) as [[Buffer]];
        const next = count < rows ? last + 1 : lastFound + 1;
        return { rows: JSON.parse(json.toString('utf8')) as RowValues[], next };
      }
    } catch (error) {
      throw damageOr(path, error);
    }
  };
}

/** Casts let a value of damaged kind through as text or number instead of failing the whole page. */
function castColumn(column: (typeof COLUMNS)[number]): string {
  const isNumber = column === 'position' || column === 'revision' || column === 'schemaVersion';
  return `CAST(${column} AS ${isNumber ? 'INTEGER' : 'TEXT'})`;
}

function withoutGap(path: string, key: 'position' | 'revision', from: number, page: Page): Page {
  const index = COLUMNS.indexOf(key);
  let expected = from;
  for (const row of page.rows) {
    if (row[index] !== expected) break;
    expected += 1;
  }
  if (expected < page.next) {
    throw new LogDamaged(path, `the event of ${key} ${expected} is missing`);
  }
  return page;
}

function compileFilter(filter: EventFilter): Scope {
  const { types, streamPrefixes } = filter;
  const conditions: string[] = [];
  if (types) conditions.push(`type IN (${types.map(() => '?').join(', ')})`);
  if (streamPrefixes) {
    const one = 'substr(streamId, 1, length(?)) = ?';
    conditions.push(
      streamPrefixes.length ? `(${streamPrefixes.map(() => one).join(' OR ')})` : '0',
    );
  }
  return {
    sql: conditions.join(' AND ') || '1',
    values: [...(types ?? []), ...(streamPrefixes ?? []).flatMap((prefix) => [prefix, prefix])],
  };
}
