import type Database from 'libsql';

/** The two statements of a page and its bounds: plain data, so that a thread can be given it. */
export interface PageQuerySpec {
  /** Count, last key and bytes of at most so many rows; parameters: scope, after, last, rows. */
  readonly weighSql: string;
  /** One row of JSON texts as blobs; parameters: scope, after, last. */
  readonly fetchSql: string;
  readonly rowsPerPage: number;
  readonly bytesPerPage: number;
  /** How many keys one query looks at, even if nothing passes. */
  readonly keysPerPage: number;
}

/** A page as it comes out of SQLite. */
export interface PageTexts {
  /** JSON arrays of `count` elements, as UTF-8; none when nothing was found. */
  readonly texts: readonly Buffer[];
  readonly count: number;
  /** The last key that this page looked at: the next page reads after it. */
  readonly reached: number;
  /** \`PRAGMA user_version\` as it was then: what has gone into the archive since is not in the page. */
  readonly userVersion: number;
}

/** Values of the parameters that come before `after` and `last`. */
export type QueryScope = readonly (string | null)[];

export type ReadPageTexts = (
  scope: QueryScope,
  after: number,
  last: number,
  limit?: number,
) => PageTexts;

/**
 * Prepares the page query. Its text also runs in the reading thread (`read-ahead.ts`): it MUST NOT
 * use anything but its parameters.
 */
export function pageQuery(db: Database.Database, spec: PageQuerySpec): ReadPageTexts {
  const weigh = db.prepare(spec.weighSql).raw();
  const fetch = db.prepare(spec.fetchSql).raw();
  const version = db.prepare('PRAGMA user_version').raw();
  const pageAt = (
    scope: QueryScope,
    after: number,
    last: number,
    limit: number,
  ): Omit<PageTexts, 'userVersion'> => {
    const lastLookedAt = Math.min(last, after + spec.keysPerPage);
    for (let rows = Math.min(limit, spec.rowsPerPage); ; rows = Math.ceil(rows / 4)) {
      const [weight] = weigh.all([...scope, after, lastLookedAt, rows]) as [
        [number, number, number],
      ];
      const [count, lastFound, bytes] = weight;
      if (count === 0) return { texts: [], count, reached: lastLookedAt };
      if (bytes > spec.bytesPerPage && rows > 1) continue;
      const [texts] = fetch.all([...scope, after, lastFound]) as [Buffer[]];
      return { texts, count, reached: count < rows ? lastLookedAt : lastFound };
    }
  };
  return (scope, after, last, limit = spec.rowsPerPage) => {
    // One moment of the file: rows go into the archive while others read.
    db.exec('BEGIN');
    try {
      const [[userVersion]] = version.all() as [[number]];
      return { ...pageAt(scope, after, last, limit), userVersion };
    } finally {
      if (db.inTransaction) db.exec('COMMIT');
    }
  };
}
