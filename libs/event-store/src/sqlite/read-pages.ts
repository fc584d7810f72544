/**
 * Reading by pages that are bounded in rows and bytes, so that neither a long log nor large events
 * fill the memory, and no query holds the event loop, or the write-ahead log, for long.
 *
 * A page comes out of SQLite as JSON texts in blobs: two native values instead of thirteen a row, and
 * bytes that are no UTF-8 become U+FFFD here, where the driver would end the process.
 */
import type Database from 'libsql';
import type { RecordedEvent } from '@flexledger/domain';
import { LogDamaged } from '../errors';
import { BEFORE_FIRST, type EventFilter } from '../port';
import {
  COLUMNS,
  ENVELOPE_COLUMNS,
  type EnvelopeValues,
  recordedEvent,
  type RowValues,
} from './log-format';
import {
  pageQuery,
  type PageQuerySpec,
  type PageTexts,
  type QueryScope,
  type ReadPageTexts,
} from './page-query';
import { startReadAhead } from './read-ahead';
import { damageOr } from './sqlite-errors';

const ROWS_PER_PAGE = 512;
const BYTES_PER_PAGE = 4 * 1024 * 1024;

/** How many positions one filtered query looks at: a few milliseconds, even if nothing passes. */
const POSITIONS_PER_FILTERED_PAGE = 16_384;

export interface Page {
  /** In order. Iterating throws `LogDamaged` where an event's data is no JSON. */
  readonly events: Iterable<RecordedEvent>;
  readonly count: number;
  /** The last position (or revision) that this page looked at: the next page reads after it. */
  readonly reached: number;
}

/** Reads the events after `after`, up to and with `last`, that fit in one page, at most `limit`. */
export type ReadPage = (after: number, last: number, limit?: number) => Page;

/** Pages that a thread reads. */
export interface PagesAhead {
  /** The page after the one before; `undefined` when the thread is gone. */
  next(): Promise<Page | undefined>;
  /** Ends the thread. */
  end(): Promise<void>;
}

type Key = 'position' | 'revision';

const REVISION = ENVELOPE_COLUMNS.indexOf('revision');

/** Reads by pages. Its statements are prepared once: the driver frees them only with the garbage. */
export class PageReader {
  private readonly wholeLog: ReadPageTexts;
  private readonly filtered: ReadPageTexts;
  private readonly oneStream: ReadPageTexts;
  private readonly stored: ReadPageTexts;

  constructor(
    db: Database.Database,
    private readonly path: string,
  ) {
    this.wholeLog = pageQuery(db, WHOLE_LOG);
    this.filtered = pageQuery(db, FILTERED);
    this.oneStream = pageQuery(db, ONE_STREAM);
    this.stored = pageQuery(db, STORED);
  }

  /** Pages of the whole log by position. Positions leave gaps, so a lost row does not show here. */
  ofLog(filter?: EventFilter): ReadPage {
    const read = filter ? this.filtered : this.wholeLog;
    const scope = filter ? scopeOf(filter) : [];
    return (after, last, limit) => this.pageOf(this.look(() => read(scope, after, last, limit)));
  }

  /** The pages of `ofLog(filter)` after `after`, up to `last`, read by a thread of its own. */
  aheadOfLog(filter: EventFilter | undefined, after: number, last: number): PagesAhead {
    const query = filter ? FILTERED : WHOLE_LOG;
    const scope = filter ? scopeOf(filter) : [];
    const thread = startReadAhead({ path: this.path, query, scope, after, last });
    return {
      next: async () => {
        const page = await thread.next();
        return page && this.pageOf(page);
      },
      end: () => thread.end(),
    };
  }

  /** Pages of one stream by revision. A gap shows as an error. */
  ofStream(streamId: string): ReadPage {
    return (after, last, limit) => {
      const page = this.look(() => this.oneStream([streamId], after, last, limit));
      return this.pageOf(page, after);
    };
  }

  /** Rows of the whole log by position, whatever they hold. */
  asStored(): (after: number, last: number) => { rows: readonly RowValues[]; reached: number } {
    return (after, last) => {
      const { texts, reached } = this.look(() => this.stored([], after, last));
      return { rows: elementsOf<RowValues>(texts[0]), reached };
    };
  }

  /** The row at a position as it is stored. */
  storedAt(position: number): RowValues | undefined {
    return this.asStored()(position - 1, position).rows[0];
  }

  /** @param afterRevision given where every revision after it must be there */
  private pageOf(page: PageTexts, afterRevision?: number): Page {
    const { count, reached } = page;
    const envelopes = elementsOf<EnvelopeValues>(page.texts[0]);
    if (afterRevision !== undefined) this.requireNoGap(afterRevision, envelopes, reached);
    const data = dataOf(page);
    const events = data
      ? envelopes.map((envelope, index) => recordedEvent(envelope, data[index]!))
      : this.oneByOne(envelopes);
    return { events, count, reached };
  }

  /** The events of a page that does not parse as a whole, up to the damaged one. */
  private *oneByOne(envelopes: readonly EnvelopeValues[]): Generator<RecordedEvent> {
    for (const envelope of envelopes) {
      const [position] = envelope;
      const row = this.storedAt(position);
      let data: object;
      try {
        data = JSON.parse(row![COLUMNS.indexOf('data')] as string) as object;
      } catch (cause) {
        const reason = `the data of the event at position ${position} is no JSON`;
        throw new LogDamaged(this.path, reason, { cause });
      }
      yield recordedEvent(envelope, data);
    }
  }

  private requireNoGap(
    afterRevision: number,
    envelopes: readonly EnvelopeValues[],
    reached: number,
  ): void {
    let expected = afterRevision + 1;
    for (const envelope of envelopes) {
      if (envelope[REVISION] !== expected) break;
      expected += 1;
    }
    if (expected <= reached) {
      throw new LogDamaged(this.path, `the event of revision ${expected} is missing`);
    }
  }

  private look<Result>(query: () => Result): Result {
    try {
      return query();
    } catch (error) {
      throw damageOr(this.path, error);
    }
  }
}

/** Asks for the position of the last event, `BEFORE_FIRST` in an empty log. */
export function lastPositionOf(db: Database.Database): () => number {
  const query = db.prepare('SELECT max(position) FROM events').raw();
  return () => (query.get() as [number | null])[0] ?? BEFORE_FIRST;
}

/** Asks for the revision of a stream's last event, -1 when the stream does not exist. */
export function lastRevisionOf(db: Database.Database): (streamId: string) => number {
  const query = db.prepare('SELECT max(revision) FROM events WHERE streamId = ?').raw();
  return (streamId) => (query.get([streamId]) as [number | null])[0] ?? -1;
}

/** Rows as two texts: their envelopes, and their `data` as it is stored, which is JSON itself. */
const EVENT_TEXTS = [
  `json_group_array(json_array(${ENVELOPE_COLUMNS.map(castColumn).join(', ')}))`,
  `'[' || group_concat(${castColumn('data')}) || ']'`,
];

/** Rows as one text with every column as text or number, sound or not. */
const STORED_TEXT = [`json_group_array(json_array(${COLUMNS.map(castColumn).join(', ')}))`];

/** `EventFilter` with its lists as JSON, or NULL where a list is not given. */
const FILTER_SQL = `
  (?1 IS NULL OR type IN (SELECT value FROM json_each(?1))) AND
  (?2 IS NULL OR EXISTS (
    SELECT 1 FROM json_each(?2) WHERE substr(streamId, 1, length(value)) = value))`;

const WHOLE_LOG = querySpec('position', '1', EVENT_TEXTS);
const STORED = querySpec('position', '1', STORED_TEXT);
const ONE_STREAM = querySpec('revision', 'streamId = ?', EVENT_TEXTS);
const FILTERED: PageQuerySpec = {
  ...querySpec('position', FILTER_SQL, EVENT_TEXTS),
  keysPerPage: POSITIONS_PER_FILTERED_PAGE,
};

function scopeOf({ types, streamPrefixes }: EventFilter): QueryScope {
  return [types, streamPrefixes].map((list) => (list ? JSON.stringify(list) : null));
}

/** The rows of `scopeSql` (its parameters come first) as pages along `key`. */
function querySpec(key: Key, scopeSql: string, texts: readonly string[]): PageQuerySpec {
  const matching = `FROM events WHERE (${scopeSql}) AND ${key} > ? AND ${key} <= ? ORDER BY ${key}`;
  const blobs = texts.map((text) => `CAST(${text} AS BLOB)`);
  return {
    weighSql: `SELECT count(*), max(k), sum(bytes)
      FROM (SELECT ${key} AS k, octet_length(data) AS bytes ${matching} LIMIT ?)`,
    fetchSql: `SELECT ${blobs.join(', ')} FROM (SELECT * ${matching})`,
    rowsPerPage: ROWS_PER_PAGE,
    bytesPerPage: BYTES_PER_PAGE,
    keysPerPage: Infinity,
  };
}

/** Casts let a value of damaged kind through as text or number instead of failing the whole page. */
function castColumn(column: (typeof COLUMNS)[number]): string {
  const isNumber = column === 'position' || column === 'revision' || column === 'schemaVersion';
  return `CAST(${column} AS ${isNumber ? 'INTEGER' : 'TEXT'})`;
}

function elementsOf<Element>(text: Buffer | undefined): readonly Element[] {
  return text ? (JSON.parse(textOf(text)) as Element[]) : [];
}

/** The data of each event of the page; `undefined` when not every one is sound JSON. */
function dataOf({ texts, count }: PageTexts): readonly object[] | undefined {
  try {
    const data = elementsOf<object>(texts[1]);
    return data.length === count ? data : undefined;
  } catch {
    return undefined;
  }
}

/** What came from a thread is a plain `Uint8Array`. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}
