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
  type StoredRow,
  storedRow,
} from './log-format';
import {
  pageQuery,
  type PageQuerySpec,
  type PageTexts,
  type QueryScope,
  type ReadPageTexts,
} from './page-query';
import { Archives } from './archive/archives';
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

/** What of the log is asked for: after a position, up to and with another. */
interface Stretch {
  readonly after: number;
  readonly last: number;
  readonly limit: number;
  readonly filter?: EventFilter | undefined;
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
    private readonly archives = new Archives(db, path),
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
    return (after, last, limit = Infinity) => {
      const readHot = (upTo: number): PageTexts => read(scope, after, upTo, limit);
      const { page, archived } = this.beside({ after, last, limit, filter }, readHot);
      const hot = this.pageOf(page);
      if (archived.length === 0) return hot;
      const events = merged(archived.map(eventOfRow), [...hot.events]).slice(0, limit);
      const isCut = events.length === limit;
      return {
        events,
        count: events.length,
        reached: isCut ? events.at(-1)!.position : page.reached,
      };
    };
  }

  /**
   * The pages of `ofLog(filter)` after `after`, up to `last`, read by a thread of its own, as long as nothing is
   * archived that was not when `PRAGMA user_version` was `userVersion`.
   */
  aheadOfLog(
    filter: EventFilter | undefined,
    { after, last, userVersion }: { after: number; last: number; userVersion: number },
  ): PagesAhead {
    const query = filter ? FILTERED : WHOLE_LOG;
    const scope = filter ? scopeOf(filter) : [];
    const thread = startReadAhead({ path: this.path, query, scope, after, last });
    let isOfUse = true;
    return {
      next: async () => {
        const page = isOfUse ? await thread.next() : undefined;
        // The thread knows nothing of the archive: once rows have gone into it, the caller reads on by itself,
        // whether or not others have told this process of it.
        isOfUse = page?.userVersion === userVersion;
        return isOfUse ? this.pageOf(page!) : undefined;
      },
      end: () => thread.end(),
    };
  }

  /** Pages of one stream by revision. A gap that no archive fills shows as an error. */
  ofStream(streamId: string): ReadPage {
    return (after, last, limit = Infinity) => {
      const page = this.look(() => this.oneStream([streamId], after, last, limit));
      const envelopes = elementsOf<EnvelopeValues>(page.texts[0]);
      const follow = envelopes.findIndex((envelope, at) => envelope[REVISION] !== after + 1 + at);
      if (follow < 0 && envelopes.length > 0) return this.pageOf(page);
      if (follow > 0) {
        const events = [...this.pageOf(page).events].slice(0, follow);
        return { events, count: follow, reached: after + follow };
      }
      const next = envelopes[0];
      const before = next && { revision: next[REVISION] as number, position: next[0] };
      const rows = before && this.archives.ofStream(streamId, after + 1, before, limit);
      if (!rows) throw new LogDamaged(this.path, `the event of revision ${after + 1} is missing`);
      return { events: rows.map(eventOfRow), count: rows.length, reached: after + rows.length };
    };
  }

  /** Rows of the whole log by position, whatever they hold. */
  asStored(): (after: number, last: number) => { rows: readonly StoredRow[]; reached: number } {
    return (after, last) => {
      const readHot = (upTo: number): PageTexts => this.stored([], after, upTo);
      const { page, archived } = this.beside({ after, last, limit: Infinity }, readHot);
      const hot = elementsOf<RowValues>(page.texts[0]).map(storedRow);
      return { rows: merged(archived, hot), reached: page.reached };
    };
  }

  /** The row of the file at a position as it is stored. */
  storedAt(position: number): StoredRow | undefined {
    const { texts } = this.look(() => this.stored([], position - 1, position));
    return elementsOf<RowValues>(texts[0]).map(storedRow)[0];
  }

  /** A page of the file, and what the archive holds of the same stretch, as both were at one moment. */
  private beside(
    { after, last, limit, filter }: Stretch,
    readHot: (upTo: number) => PageTexts,
  ): { readonly page: PageTexts; readonly archived: readonly StoredRow[] } {
    for (;;) {
      const most = Math.min(limit, ROWS_PER_PAGE);
      const { rows, reached } = this.archives.after(after, last, most, filter);
      const page = this.look(() => readHot(reached));
      if (!this.archives.isAsAt(page.userVersion)) {
        this.archives.readOn();
        continue;
      }
      return { page, archived: rows.filter(({ position }) => position <= page.reached) };
    }
  }

  private pageOf(page: PageTexts): Page {
    const { count, reached } = page;
    const envelopes = elementsOf<EnvelopeValues>(page.texts[0]);
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
        data = JSON.parse(row!.data) as object;
      } catch (cause) {
        const reason = `the data of the event at position ${position} is no JSON`;
        throw new LogDamaged(this.path, reason, { cause });
      }
      yield recordedEvent(envelope, data);
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

/** Rows or events by position: those of the archive, and of the file what is not in the archive too. */
function merged<Placed extends { readonly position: number }>(
  archived: readonly Placed[],
  hot: readonly Placed[],
): readonly Placed[] {
  if (archived.length === 0) return hot;
  const known = new Set(archived.map(({ position }) => position));
  return [...archived, ...hot.filter(({ position }) => !known.has(position))].sort(
    (one, other) => one.position - other.position,
  );
}

function eventOfRow({ data, checksum: _, ...envelope }: StoredRow): RecordedEvent {
  return { ...envelope, data: JSON.parse(data) as object };
}

/** Rows of streams whose names begin so, by position, but for the last of each stream. */
export function* rowsToArchive(
  db: Database.Database,
  path: string,
  streamPrefix: string,
  after: number,
): Generator<StoredRow> {
  const read = pageQuery(db, TO_ARCHIVE);
  const last = lastPositionOf(db)();
  for (let reached = after; reached < last;) {
    let page: PageTexts;
    try {
      page = read([streamPrefix], reached, last);
    } catch (error) {
      throw damageOr(path, error);
    }
    for (const values of elementsOf<RowValues>(page.texts[0])) yield storedRow(values);
    reached = page.reached;
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

const TO_ARCHIVE: PageQuerySpec = {
  ...querySpec(
    'position',
    `substr(streamId, 1, length(?1)) = ?1 AND revision <
      (SELECT max(revision) FROM events AS later WHERE later.streamId = events.streamId)`,
    STORED_TEXT,
  ),
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
