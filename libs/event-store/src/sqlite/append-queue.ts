/**
 * What waits to be written, and who writes it: the caller's thread, or, where much is written, a thread of its own. A
 * batch is what was called before the event loop comes round; while another process holds the file, batches grow.
 */
import { sleep, stopwatch, turnOfEventLoop } from '@flexledger/runtime';
import { batchLength } from '../batch-length';
import { AppendFailed, LogBusy, LogDamaged } from '../errors';
import type { AppendResult } from '../port';
import type { PreparedAppend } from '../prepare-append';
import type { BatchWriter, BatchWritten } from './append-batch';
import { retryDelayMs } from './busy-file';
import { checkpointAhead } from './checkpoint-ahead';
import { createFairTurns } from './fair-turns';
import { type OpenLogFile, checkpointNow } from './open-log-file';
import { WriterEnded, type WriterThread, startWriterThread } from './writer-thread';

/** Events of one second from which on a thread writes: below, it would only take its memory. */
const WRITES_APART_FROM = 1_000;

/** What is done in threads. */
export interface WritingThreads {
  /** The copying of what was committed into the file. */
  readonly checkpoints: boolean;
  /** The writing, where much is written. */
  readonly writes: boolean;
}

export interface AppendQueueOptions {
  readonly file: OpenLogFile;
  /** Writes where no thread does. */
  readonly writer: BatchWriter;
  readonly threads: WritingThreads;
  /** Told of each batch that is durable, in their order, before the appends of it are answered. */
  readonly onWritten: (batch: readonly PreparedAppend[], written: BatchWritten) => void;
}

export interface AppendQueue {
  /** Resolves once it is durable; rejects with why it is not. */
  append(append: PreparedAppend): Promise<AppendResult>;
  /**
   * From now on a thread writes, where it can; resolves once it does. The queue comes to it by itself where much is
   * written (`WRITES_APART_FROM`).
   */
  writeApart(): Promise<void>;
  /** Resolves once nothing waits; nothing may be appended any more. */
  drain(): Promise<void>;
  /** Ends the threads of a drained queue, and their connections. */
  end(): Promise<void>;
}

interface WaitingAppend {
  readonly append: PreparedAppend;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
  readonly calledAtMs: number;
}

/** For a file that is open for writing. */
export function createAppendQueue(options: AppendQueueOptions): AppendQueue {
  const { file, writer, threads, onWritten } = options;
  const waiting: WaitingAppend[] = [];
  /** Writes what waits; `undefined` when nothing does. */
  let flushing: Promise<void> | undefined;
  let isDraining = false;
  const turns = createFairTurns();
  /** Writes in place of `writer` once it is open. */
  let thread: WriterThread | undefined;
  /** Of the second that began at `secondMs`. */
  let eventsWritten = 0;
  let secondMs = -Infinity;

  /** Over the connection that writes. */
  const checkpoint = (): void => {
    if (thread?.isOpen()) thread.checkpoint();
    else checkpointNow(file.db);
  };
  const checkpoints = threads.checkpoints ? checkpointAhead(file.path, checkpoint) : undefined;

  /**
   * setImmediate, not a microtask: calls that arrive by different sockets in one round share one fsync, and pay no
   * timer for it.
   */
  async function flushAll(): Promise<void> {
    let busySinceMs: number | undefined;
    let tries = 0;
    do {
      await turnOfEventLoop();
      const pauseMs = turns.pauseMs(stopwatch.nowMs());
      if (pauseMs > 0) await sleep(pauseMs);
      const isFree = flush(tries > 0);
      if (isFree === true || (isFree && (await isFree))) {
        busySinceMs = undefined;
        tries = 0;
        continue;
      }
      tries += 1;
      busySinceMs ??= stopwatch.nowMs();
      refuseOverdue(busySinceMs);
      if (waiting.length > 0) await sleep(retryDelayMs(tries, file.random));
    } while (waiting.length > 0);
    flushing = undefined;
  }

  /** @returns whether the file was free; a promise of it where a thread writes */
  function flush(wasBusy: boolean): boolean | Promise<boolean> {
    const batch = waiting.slice(0, batchLength(waiting));
    const appends = batch.map(({ append }) => append);
    const fromMs = stopwatch.nowMs();
    const done = (written: BatchWritten | undefined): boolean => {
      if (!written) return false;
      turns.held(fromMs, stopwatch.nowMs(), wasBusy || written.othersWrote);
      settle(batch, appends, written);
      return true;
    };
    const failed = (error: unknown): boolean => {
      waiting.splice(0, batch.length);
      for (const { append, reject } of batch) reject(asAppendError(append.streamId, error));
      return true;
    };
    const here = (): boolean => {
      try {
        return done(writer.write(appends));
      } catch (error) {
        return failed(error);
      }
    };
    if (!thread?.isOpen()) return here();
    return thread
      .write(appends)
      .then(done, (error: unknown) => (error instanceof WriterEnded ? here() : failed(error)));
  }

  function settle(
    batch: readonly WaitingAppend[],
    appends: readonly PreparedAppend[],
    written: BatchWritten,
  ): void {
    waiting.splice(0, batch.length);
    onWritten(appends, written);
    checkpoints?.committed(appends.reduce((sum, { bytes }) => sum + bytes, 0));
    batch.forEach(({ resolve, reject }, index) => {
      const outcome = written.outcomes[index]!;
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
    if (threads.writes && !thread)
      count(appends.reduce((sum, { events }) => sum + events.length, 0));
  }

  function count(events: number): void {
    const nowMs = stopwatch.nowMs();
    if (nowMs - secondMs > 1_000) [secondMs, eventsWritten] = [nowMs, 0];
    eventsWritten += events;
    if (eventsWritten < WRITES_APART_FROM || isDraining) return;
    // Where no thread can be begun the caller's goes on to write.
    writeApart().catch(() => undefined);
  }

  /** Rejects the appends that have waited for others to the limit; they wait in the order of the calls. */
  function refuseOverdue(busySinceMs: number): void {
    const nowMs = stopwatch.nowMs();
    const { path, busyTimeoutMs } = file;
    for (let [first] = waiting; first; [first] = waiting) {
      const waitedMs = nowMs - Math.max(busySinceMs, first.calledAtMs);
      if (waitedMs < busyTimeoutMs) return;
      first.reject(new LogBusy(path, waitedMs));
      waiting.shift();
    }
  }

  async function writeApart(): Promise<void> {
    if (!threads.writes) return;
    const { path, busyTimeoutMs } = file;
    thread ??= startWriterThread({ path, busyTimeoutMs });
    await thread.open;
  }

  return {
    append: (append) =>
      new Promise((resolve, reject) => {
        waiting.push({ append, resolve, reject, calledAtMs: stopwatch.nowMs() });
        flushing ??= flushAll();
      }),
    writeApart,
    async drain() {
      isDraining = true;
      await flushing;
    },
    async end() {
      await checkpoints?.end();
      await thread?.end();
    },
  };
}

function asAppendError(streamId: string, error: unknown): Error {
  if (error instanceof LogDamaged) return error;
  return new AppendFailed(streamId, (error as Error).message, { cause: error });
}
