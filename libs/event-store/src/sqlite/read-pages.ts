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

/** Reads by pages. Its statements are prepared once: the driver frees them only with the garbage. */
export class PageReader {
  private readonly wholeLog: Query;
  private readonly filtered: Query;
  private readonly oneStream: Query;

  constructor(
    db: Database.Database,
    private readonly path: string,
  ) {
    this.wholeLog = pageQuery(db, path, 'position', '1');
    this.filtered = pageQuery(db, path, 'position', FILTER_SQL);
    this.oneStream = pageQuery(db, path, 'revision', 'streamId = ?');
  }

  /** Pages of the whole log by position. A gap shows as an error, unless `filter` explains it. */
  ofLog(filter?: EventFilter): ReadPage {
    if (!filter) {
      return (from, last, limit) =>
        withoutGap(this.path, 'position', from, this.wholeLog([], from, last, limit));
    }
    const wanted = [filter.types, filter.streamPrefixes].map((list) =>
      list ? JSON.stringify(list) : null,
    );
    return (from, last, limit) => {
      const lastLookedAt = Math.min(last, from + POSITIONS_PER_FILTERED_PAGE - 1);
      return this.filtered(wanted, from, lastLookedAt, limit);
    };
  }

  /** Pages of one stream by revision. A gap shows as an error. */
  ofStream(streamId: string): ReadPage {
    return (from, last, limit) =>
      withoutGap(this.path, 'revision', from, this.oneStream([streamId], from, last, limit));
  }

  /** Pages of the whole log by position, whatever they hold. */
  asStored(): ReadPage {
    return (from, last, limit) => this.wholeLog([], from, last, limit);
  }
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

/** `EventFilter` with its lists as JSON, or NULL where a list is not given. */
const FILTER_SQL = `
  (?1 IS NULL OR type IN (SELECT value FROM json_each(?1))) AND
  (?2 IS NULL OR EXISTS (
    SELECT 1 FROM json_each(?2) WHERE substr(streamId, 1, length(value)) = value))`;

type Query = (
  scope: readonly (string | null)[],
  from: number,
  last: number,
  limit?: number,
) => Page;

/** The rows of `scopeSql` (its parameters come first) as pages along `key`. */
function pageQuery(
  db: Database.Database,
  path: string,
  key: 'position' | 'revision',
  scopeSql: string,
): Query {
  const matching = `FROM events WHERE (${scopeSql}) AND ${key} BETWEEN ? AND ? ORDER BY ${key}`;
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
  return (scope, from, last, limit = ROWS_PER_PAGE) => {
    try {
      for (let rows = Math.min(limit, ROWS_PER_PAGE); ; rows = Math.ceil(rows / 4)) {
        const [weight] = weigh.all([...scope, from, last, rows]) as [[number, number, number]];
        const [count, lastFound, bytes] = weight;
        if (count === 0) return { rows: [], next: last + 1 };
        if (bytes > BYTES_PER_PAGE && rows > 1) continue;
        const [[json]] = fetch.all([...scope, from, lastFound]) as [[Buffer]];
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
