/**
 * The embedded event log: one SQLite file in write-ahead mode, group commit, one writer (DESIGN 6).
 * `libs/event-store/README.md` tells the life of an append.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, sleep } from '@flexledger/runtime';
import { AppendFailed, InvalidAppend, LogClosed, LogDamaged } from '../errors';
import {
  type AppendResult,
  BEFORE_FIRST,
  type EventStore,
  type ExpectedRevision,
  type ReadAllOptions,
  type SubscribeOptions,
} from '../port';
import { type PreparedAppend, prepareAppend } from '../prepare-append';
import { BatchWriter } from './append-batch';
import { type StoredRow, storedRow } from './log-format';
import { type OpenLogFile, openForReading, openForWriting } from './open-log-file';
import {
  lastPositionOf,
  lastRevisionOf,
  PageReader,
  type PagesAhead,
  type ReadPage,
} from './read-pages';
import { damageOr } from './sqlite-errors';

/** Most events and bytes of one transaction; what waits beyond goes into the next. */
const EVENTS_PER_BATCH = 4_096;
const BYTES_PER_BATCH = 8 * 1024 * 1024;

/** From so many positions on a thread pays off: it takes about as long to start as these to read. */
const READ_AHEAD_POSITIONS = 8_192;

/** How often a read-only store looks for what the writer, another process, appended. */
const POLL_MS = 200;

export interface SqliteEventStoreOptions {
  /** The file; its folder is made where absent. `<path>.lock` beside it guards the writer. */
  readonly path: string;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
  /** Opens an existing log beside its writer, or without one; appends are refused. */
  readonly readOnly?: boolean;
}

interface WaitingAppend {
  readonly append: PreparedAppend;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens the log, creating it where absent.
 *
 * @throws LogInUse when another process, or this one, has it open for writing
 * @throws LogDamaged when the file is truncated, corrupt, not an event log, or of a newer format;
 *   read-only also when it does not exist
 */
export function openSqliteEventStore(options: SqliteEventStoreOptions): SqliteEventStore {
  const { path, clock, readOnly = false } = options;
  const file = readOnly ? openForReading(path) : openForWriting(path);
  const writer = readOnly ? undefined : new BatchWriter({ ...file, clock });
  return new SqliteEventStore(file, writer);
}

/** The event log in one SQLite file; `openSqliteEventStore` makes it. */
export class SqliteEventStore implements EventStore {
  /** Where the file is, links resolved. */
  readonly path: string;

  private readonly waiting: WaitingAppend[] = [];
  private flushScheduled = false;
  private readonly sleepers = new Set<() => void>();
  /** Threads that read for someone now. */
  private readonly ahead = new Set<PagesAhead>();
  private closing: Promise<void> | undefined;
  private readonly pages: PageReader;
  private readonly storedPosition: () => number;
  private readonly storedRevision: (streamId: string) => number;

  /** Without a `writer` the store is read-only. */
  constructor(
    private readonly file: OpenLogFile,
    private readonly writer: BatchWriter | undefined,
  ) {
    this.path = file.path;
    this.pages = new PageReader(file.db, file.path);
    this.storedPosition = lastPositionOf(file.db);
    this.storedRevision = lastRevisionOf(file.db);
  }

  append(
    streamId: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    // What throws in here rejects the promise.
    return new Promise((resolve, reject) => {
      this.assertOpen();
      if (!this.writer) {
        throw new InvalidAppend(streamId, `the log ${this.path} is open for reading only`);
      }
      this.waiting.push({ append: prepareAppend(streamId, expected, events), resolve, reject });
      this.scheduleFlush();
    });
  }

  readStream(streamId: string, fromRevision = 0): AsyncIterable<RecordedEvent> {
    return this.read(() => {
      assertCount('fromRevision', fromRevision);
      const last = this.look(() => this.storedRevision(streamId));
      const readPage = this.pages.ofStream(streamId);
      return { readPage, after: fromRevision - 1, last, limit: Infinity };
    });
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const { after = BEFORE_FIRST, limit = Infinity, filter, readAhead = false } = options;
    return this.read(() => {
      assertPosition('after', after);
      if (limit !== Infinity) assertCount('limit', limit);
      const last = this.lastPosition();
      const pays = readAhead && limit === Infinity && last - after >= READ_AHEAD_POSITIONS;
      const ahead = pays ? this.pages.aheadOfLog(filter, after, last) : undefined;
      return { readPage: this.pages.ofLog(filter), ahead, after, last, limit };
    });
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    const { after, filter, signal } = options;
    assertPosition('after', after);
    this.assertOpen();
    const readPage = this.pages.ofLog(filter);
    const ended = (): boolean => this.closing !== undefined || signal?.aborted === true;
    let reached = after;
    while (!ended()) {
      const last = this.lastPosition();
      if (reached >= last) {
        await this.nextWakeUp(signal);
        continue;
      }
      const page = readPage(reached, last);
      for (const event of page.events) {
        if (ended()) return;
        yield event;
      }
      reached = page.reached;
      if (reached < last) await turnOfEventLoop();
    }
  }

  async head(): Promise<number> {
    this.assertOpen();
    return this.lastPosition();
  }

  /**
   * For auditors: every row as stored, in the order of positions, after `after` to the end of the
   * log as it is when reading starts. Rows that damage has removed are not there; nothing is checked.
   *
   * @throws LogDamaged when SQLite cannot read a page of the file
   */
  *readRawRows(after = BEFORE_FIRST): Generator<StoredRow> {
    assertPosition('after', after);
    this.assertOpen();
    const readPage = this.pages.asStored();
    const last = this.lastPosition();
    let reached = after;
    while (reached < last) {
      this.assertOpen();
      const page = readPage(reached, last);
      for (const row of page.rows) yield storedRow(row);
      reached = page.reached;
    }
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    while (this.waiting.length > 0) this.flush();
    this.wakeSleepers();
    for (const ahead of this.ahead) await ahead.end();
    // A subscription or read that is between two steps must find the store closed, not the file.
    await turnOfEventLoop();
    this.file.release();
  }

  /**
   * A batch is what was called before the event loop comes round (setImmediate, not a microtask):
   * calls that arrive by different sockets in one round share one fsync, and pay no timer for it.
   */
  private scheduleFlush(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    setImmediate(() => {
      this.flushScheduled = false;
      if (this.waiting.length > 0) this.flush();
      if (this.waiting.length > 0) this.scheduleFlush();
    });
  }

  private flush(): void {
    const batch = this.waiting.splice(0, batchLength(this.waiting));
    try {
      const outcomes = this.writer!.write(batch.map(({ append }) => append));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index]!;
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      });
      this.wakeSleepers();
    } catch (error) {
      for (const { append, reject } of batch) reject(asAppendError(append.streamId, error));
    }
  }

  private async *read(plan: () => ReadPlan): AsyncGenerator<RecordedEvent> {
    this.assertOpen();
    const { readPage, ahead, after, last, limit } = plan();
    if (ahead) this.ahead.add(ahead);
    try {
      let reached = after;
      let left = limit;
      while (reached < last && left > 0) {
        const page = (await ahead?.next()) ?? readPage(reached, last, left);
        this.assertOpen();
        for (const event of page.events) {
          yield event;
          this.assertOpen();
        }
        left -= page.count;
        reached = page.reached;
        if (reached < last && left > 0) {
          await turnOfEventLoop();
          this.assertOpen();
        }
      }
    } finally {
      await ahead?.end();
      if (ahead) this.ahead.delete(ahead);
    }
  }

  private lastPosition(): number {
    return this.writer?.lastPosition ?? this.look(this.storedPosition);
  }

  private look(query: () => number): number {
    try {
      return query();
    } catch (error) {
      throw damageOr(this.path, error);
    }
  }

  /** Until the next commit, the end of the store or the abort of `signal`; a reader polls. */
  private async nextWakeUp(signal: AbortSignal | undefined): Promise<void> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.sleepers.add(wake);
    signal?.addEventListener('abort', wake);
    await (this.writer ? untilAborted(waking.signal) : sleep(POLL_MS, waking.signal));
    this.sleepers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  private wakeSleepers(): void {
    for (const wake of [...this.sleepers]) wake();
  }

  private assertOpen(): void {
    if (this.closing) throw new LogClosed(this.path);
  }
}

interface ReadPlan {
  readonly readPage: ReadPage;
  readonly ahead?: PagesAhead | undefined;
  readonly after: number;
  readonly last: number;
  readonly limit: number;
}

/** At least one append, and no more than fit one transaction. */
function batchLength(waiting: readonly WaitingAppend[]): number {
  let events = 0;
  let bytes = 0;
  const beyond = waiting.findIndex(({ append }, index) => {
    events += append.events.length;
    bytes += append.bytes;
    return index > 0 && (events > EVENTS_PER_BATCH || bytes > BYTES_PER_BATCH);
  });
  return beyond < 0 ? waiting.length : beyond;
}

function asAppendError(streamId: string, error: unknown): Error {
  if (error instanceof LogDamaged) return error;
  return new AppendFailed(streamId, (error as Error).message, { cause: error });
}

function assertPosition(name: string, value: number): void {
  if (value !== BEFORE_FIRST && !(Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError(`${name} is ${value}; give a position that the log handed out, or -1`);
  }
}

function assertCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} is ${value}; give a whole number from 0 on`);
  }
}

/** Lets sockets, timers and appends have their turn between two pages. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
