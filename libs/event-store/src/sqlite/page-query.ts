import type Database from 'libsql';

/** The two statements of a page and its bounds: plain data, so that a thread can be given it. */
export interface PageQuerySpec {
  /** Count, last key and bytes of at most so many rows; parameters: scope, from, last, rows. */
  readonly weighSql: string;
  /** One row of JSON texts as blobs; parameters: scope, from, last. */
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
  /** The first key that this page did not look at. */
  readonly next: number;
}

/** Values of the parameters that come before `from` and `last`. */
export type QueryScope = readonly (string | null)[];

export type ReadPageTexts = (
  scope: QueryScope,
  from: number,
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
  return (scope, from, last, limit = spec.rowsPerPage) => {
    const lastLookedAt = Math.min(last, from + spec.keysPerPage - 1);
    for (let rows = Math.min(limit, spec.rowsPerPage); ; rows = Math.ceil(rows / 4)) {
      const [weight] = weigh.all([...scope, from, lastLookedAt, rows]) as [
        [number, number, number],
      ];
      const [count, lastFound, bytes] = weight;
      if (count === 0) return { texts: [], count, next: lastLookedAt + 1 };
      if (bytes > spec.bytesPerPage && rows > 1) continue;
      const [texts] = fetch.all([...scope, from, lastFound]) as [Buffer[]];
      return { texts, count, next: count < rows ? lastLookedAt + 1 : lastFound + 1 };
    }
  };
}
