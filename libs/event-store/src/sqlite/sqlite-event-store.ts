/**
 * The embedded event log: one SQLite file in write-ahead mode, group commit, and as many processes of
 * one machine as like (DESIGN 6).
 * `libs/event-store/README.md` tells the life of an append.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, sleep, turnOfEventLoop, wallClock } from '@flexledger/runtime';
import { InvalidAppend, LogClosed } from '../errors';
import {
  type AppendResult,
  BEFORE_FIRST,
  type EventStore,
  type ExpectedRevision,
  type ReadAllOptions,
  type SubscribeOptions,
} from '../port';
import { prepareAppend } from '../prepare-append';
import { assertCount, assertPosition } from '../read-checks';
import { BatchWriter } from './append-batch';
import { watchAppends } from './append-hint';
import {
  type AppendQueue,
  type AppendQueueOptions,
  type WritingThreads,
  createAppendQueue,
} from './append-queue';
import { blockUntilFree, untilFree } from './busy-file';
import { Archives } from './archive/archives';
import type { StoredRow } from './log-format';
import { type Durability, type OpenLogFile, openForReading, openForWriting } from './open-log-file';
import { type OwnWrites, createOwnWrites } from './own-writes';
import {
  lastPositionOf,
  lastRevisionOf,
  PageReader,
  type PagesAhead,
  type ReadPage,
} from './read-pages';
import { damageOr } from './sqlite-errors';

/** From so many positions on a thread pays off: it takes about as long to start as these to read. */
const READ_AHEAD_POSITIONS = 8_192;

/** How often a subscription looks for what others appended, whether or not a hint came. */
const POLL_MS = 200;

export interface SqliteEventStoreOptions {
  /** The file; its folder is made where absent. */
  readonly path: string;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
  /** Opens an existing log beside its writers, or without one; appends are refused. */
  readonly readOnly?: boolean;
  /** How long is waited for a file that another process holds; 5 seconds when absent. */
  readonly busyTimeoutMs?: number;
  /** When what is appended is on the disk; before an append is answered when absent. */
  readonly durability?: Durability;
  /** The position after another. The one that follows when absent; tests leave gaps, as other engines do. */
  readonly positionAfter?: (position: number) => number;
}

/**
 * Opens the log, creating it where absent. Several stores, in one process or in several of one
 * machine, may have it open and append. Opening waits for a busy file by blocking the thread.
 *
 * @throws LogBusy when another process keeps the file from being opened
 * @throws LogDamaged when the file is truncated, corrupt, not an event log, or of a newer format;
 *   read-only also when it does not exist
 */
export function openSqliteEventStore(options: SqliteEventStoreOptions): SqliteEventStore {
  const { path, clock, readOnly = false, busyTimeoutMs, durability, positionAfter } = options;
  const file = readOnly
    ? openForReading(path, busyTimeoutMs)
    : openForWriting(path, busyTimeoutMs, durability);
  const numbering = positionAfter && { positionAfter };
  const archives = new Archives(file.db, file.path);
  const writer = readOnly ? undefined : new BatchWriter({ ...file, archives, clock, ...numbering });
  // Without a sync for each append there is nothing that a checkpoint would hold up.
  const checkpoints = durability !== 'when-closed';
  // A thread has the machine's clock alone, and no numbering of a test's.
  const writes = checkpoints && clock === wallClock && !positionAfter;
  return new SqliteEventStore(file, writer, archives, { checkpoints, writes });
}

/** The event log in one SQLite file; `openSqliteEventStore` makes it. */
export class SqliteEventStore implements EventStore {
  /** Where the file is, links resolved. */
  readonly path: string;

  /** Absent where the store is read-only. */
  private readonly queue: AppendQueue | undefined;
  private readonly own: OwnWrites;
  private readonly sleepers = new Set<() => void>();
  /** While somebody subscribes, hints are listened for. */
  private subscriptions = 0;
  private endHints: (() => void) | undefined;
  /** Threads that read for someone now. */
  private readonly ahead = new Set<PagesAhead>();
  private closing: Promise<void> | undefined;
  private readonly pages: PageReader;
  private readonly storedPosition: () => number;
  private readonly storedRevision: (streamId: string) => number;

  /** Without a `writer` the store is read-only. */
  constructor(
    private readonly file: OpenLogFile,
    writer: BatchWriter | undefined,
    private readonly archives = new Archives(file.db, file.path),
    threads: WritingThreads = { checkpoints: false, writes: false },
  ) {
    this.path = file.path;
    this.own = createOwnWrites(file.lastPosition);
    const onWritten: AppendQueueOptions['onWritten'] = (batch, written) => {
      this.own.wrote(batch, written);
      this.wakeSleepers();
    };
    this.queue = writer && createAppendQueue({ file, writer, threads, onWritten });
    this.pages = new PageReader(file.db, file.path, archives);
    this.storedPosition = lastPositionOf(file.db);
    this.storedRevision = lastRevisionOf(file.db);
  }

  async append(
    streamId: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    this.assertOpen();
    if (!this.queue) {
      throw new InvalidAppend(streamId, `the log ${this.path} is open for reading only`);
    }
    return this.queue.append(prepareAppend(streamId, expected, events));
  }

  readStream(streamId: string, fromRevision = 0): AsyncIterable<RecordedEvent> {
    return this.read(() => {
      assertCount('fromRevision', fromRevision);
      const last = this.storedRevision(streamId);
      const readPage = this.pages.ofStream(streamId);
      return { readPage, after: fromRevision - 1, last, limit: Infinity };
    });
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const { after: given = BEFORE_FIRST, limit = Infinity, filter, readAhead = false } = options;
    return this.read(() => {
      assertPosition('after', given);
      const after = this.own.skip(given, filter);
      if (limit !== Infinity) assertCount('limit', limit);
      const last = this.storedPosition();
      // Threads read the log's own file alone.
      this.archives.readOn();
      const from = Math.max(after, this.archives.lastPosition());
      const userVersion = this.archives.knownVersion();
      const pays = readAhead && limit === Infinity && last - from >= READ_AHEAD_POSITIONS;
      const startAhead = (reached: number): PagesAhead | undefined =>
        pays && reached >= from && this.archives.isAsAt(userVersion)
          ? this.pages.aheadOfLog(filter, { after: reached, last, userVersion })
          : undefined;
      return { readPage: this.pages.ofLog(filter), startAhead, after, last, limit };
    });
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    const { after, filter, signal } = options;
    assertPosition('after', after);
    this.assertOpen();
    const readPage = this.pages.ofLog(filter);
    const ended = (): boolean => this.closing !== undefined || signal?.aborted === true;
    let reached = after;
    this.listen(+1);
    try {
      while (!ended()) {
        const last = await this.patiently(this.storedPosition);
        if (ended()) return;
        if (reached >= last) {
          await this.nextWakeUp(signal);
          continue;
        }
        const from = this.own.skip(reached, filter);
        if (from >= last) {
          reached = from;
          continue;
        }
        const page = await this.patiently(() => readPage(from, last));
        for (const event of page.events) {
          if (ended()) return;
          yield event;
        }
        reached = page.reached;
        if (reached < last) await turnOfEventLoop();
      }
    } catch (error) {
      if (!(error instanceof LogClosed)) throw error;
    } finally {
      this.listen(-1);
    }
  }

  async head(): Promise<number> {
    this.assertOpen();
    return this.patiently(this.storedPosition);
  }

  /**
   * For auditors: every row as stored, in the order of positions, after `after` to `until`, or to the end of
   * the log as it is when reading starts. Rows that damage has removed are not there; nothing is checked.
   *
   * @throws LogDamaged when SQLite cannot read a page of the file
   * @throws LogBusy when another process keeps it from being read; waiting blocks the thread
   */
  *readRawRows(after = BEFORE_FIRST, until = Infinity): Generator<StoredRow> {
    assertPosition('after', after);
    this.assertOpen();
    const readPage = this.pages.asStored();
    const end = blockUntilFree(this.file, () => this.look(this.storedPosition));
    const last = Math.min(until, end);
    let reached = after;
    while (reached < last) {
      this.assertOpen();
      const from = reached;
      const page = blockUntilFree(this.file, () => readPage(from, last));
      yield* page.rows;
      reached = page.reached;
    }
  }

  /** From now on a thread writes, where it can; resolves once it does. */
  async writeApart(): Promise<void> {
    this.assertOpen();
    await this.queue?.writeApart();
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.queue?.drain();
    this.wakeSleepers();
    for (const ahead of this.ahead) await ahead.end();
    // A subscription or read that is between two steps must find the store closed, not the file.
    await turnOfEventLoop();
    await this.queue?.end();
    this.archives.close();
    this.file.release();
  }

  private async *read(plan: () => ReadPlan): AsyncGenerator<RecordedEvent> {
    this.assertOpen();
    const { readPage, startAhead, after, last, limit } = await this.patiently(plan);
    this.assertOpen();
    let ahead: PagesAhead | undefined;
    let mayStart = startAhead !== undefined;
    try {
      let reached = after;
      let left = limit;
      while (reached < last && left > 0) {
        const [from, most] = [reached, left];
        if (mayStart && (ahead = startAhead?.(from))) {
          mayStart = false;
          this.ahead.add(ahead);
        }
        const page =
          (await ahead?.next()) ?? (await this.patiently(() => readPage(from, last, most)));
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

  /** Waits for a busy file; reads meet one only while another process recovers, opens or closes it. */
  private patiently<Result>(query: () => Result): Promise<Result> {
    return untilFree(this.file, () => {
      this.assertOpen();
      return this.look(query);
    });
  }

  private look<Result>(query: () => Result): Result {
    try {
      return query();
    } catch (error) {
      throw damageOr(this.path, error);
    }
  }

  /** Until somebody may have appended, the end of the store or the abort of `signal`. */
  private async nextWakeUp(signal: AbortSignal | undefined): Promise<void> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.sleepers.add(wake);
    signal?.addEventListener('abort', wake);
    await sleep(POLL_MS, waking.signal);
    this.sleepers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  private listen(change: 1 | -1): void {
    this.subscriptions += change;
    if (this.subscriptions > 0) {
      this.endHints ??= watchAppends(this.path, () => this.wakeSleepers());
    } else {
      this.endHints?.();
      this.endHints = undefined;
    }
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
  /** Starts a thread from a position on, where one pays. */
  readonly startAhead?: (reached: number) => PagesAhead | undefined;
  readonly after: number;
  readonly last: number;
  readonly limit: number;
}
