import { setMaxListeners } from 'node:events';
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, type FaultPoints, isoNow, messageOf, noFaults } from '@flexledger/runtime';
import { AppendFailed, LogClosed } from '../errors';
import {
  type AppendResult,
  BEFORE_FIRST,
  type EventFilter,
  type EventStore,
  type ExpectedRevision,
  type ReadAllOptions,
  type SubscribeOptions,
} from '../port';
import { type PreparedAppend, prepareAppend } from '../prepare-append';
import { assertCount, assertPosition } from '../read-checks';
import type { MemoryLog } from './memory-log';

export interface MemoryEventStoreOptions {
  /** What is opened; any number may have it open. */
  readonly log: MemoryLog;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
  /**
   * Passed at `store/append` before an append is written and `store/appended` before it is answered, at
   * `store/read` before each page of a read, at `store/head`. A rejection is a disk that fails there.
   */
  readonly faults?: FaultPoints;
}

/** Events between two turns of a reader. */
const PAGE = 512;
const PATH = 'in memory';

/**
 * Opens a log in memory: the model of the embedded log for a simulation, without a file, a thread or a
 * timer. What happens in it follows from the calls alone.
 */
export function openMemoryEventStore(options: MemoryEventStoreOptions): EventStore {
  const { log, clock, faults = noFaults } = options;
  const closing = new AbortController();
  // Each subscription listens for the end; that is no leak.
  setMaxListeners(0, closing.signal);
  let lastAppend: Promise<unknown> = Promise.resolve();

  function assertOpen(): void {
    if (closing.signal.aborted) throw new LogClosed(PATH);
  }

  async function commit(append: PreparedAppend): Promise<AppendResult> {
    const { streamId } = append;
    await reach('store/append', streamId);
    const outcome = log.write(append, isoNow(clock));
    if (outcome instanceof Error) throw outcome;
    await reach('store/appended', streamId);
    return outcome;
  }

  /** @throws AppendFailed */
  async function reach(point: string, streamId: string): Promise<void> {
    try {
      await faults.reach(point);
    } catch (error) {
      throw new AppendFailed(streamId, messageOf(error), { cause: error });
    }
  }

  /** Pages of indexes up to an end that stands when the read begins. */
  async function* paged(
    indexes: (from: number, most: number) => readonly number[],
    from: number,
  ): AsyncGenerator<RecordedEvent> {
    for (let next = from; ;) {
      await faults.reach('store/read');
      assertOpen();
      const page = indexes(next, PAGE);
      for (const index of page) {
        yield log.events[index]!;
        assertOpen();
      }
      if (page.length < PAGE) return;
      next = page.at(-1)! + 1;
    }
  }

  async function* readAll(reading: ReadAllOptions = {}): AsyncGenerator<RecordedEvent> {
    const { after = BEFORE_FIRST, limit = Infinity, filter } = reading;
    assertPosition('after', after);
    if (limit !== Infinity) assertCount('limit', limit);
    assertOpen();
    const end = log.events.length;
    let left = limit;
    const matching = (from: number, most: number): number[] => {
      const found: number[] = [];
      for (let index = from; index < end && found.length < Math.min(most, left); index += 1) {
        if (passes(log.events[index]!, filter)) found.push(index);
      }
      left -= found.length;
      return found;
    };
    if (limit > 0) yield* paged(matching, after + 1);
  }

  async function* subscribe({ after, filter, signal }: SubscribeOptions) {
    assertPosition('after', after);
    assertOpen();
    const over = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    for (let reached = after; !over.aborted;) {
      const end = log.events.length - 1;
      try {
        for await (const event of readAll({ after: reached, ...(filter && { filter }) })) {
          if (over.aborted) return;
          yield event;
          reached = event.position;
          if (over.aborted) return;
        }
      } catch (error) {
        // Whoever subscribed is told by the end of it.
        if (error instanceof LogClosed) return;
        throw error;
      }
      reached = Math.max(reached, end);
      if (log.events.length - 1 <= reached) await written(over);
    }
  }

  /** Resolves when somebody has written, or `over` aborts. */
  function written(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        stop();
        over.removeEventListener('abort', wake);
        resolve();
      };
      const stop = log.onWrite(wake);
      if (over.aborted) wake();
      else over.addEventListener('abort', wake, { once: true });
    });
  }

  return {
    async append(
      streamId: string,
      expected: ExpectedRevision,
      events: readonly ProposedEvent[],
    ): Promise<AppendResult> {
      assertOpen();
      const prepared = prepareAppend(streamId, expected, events);
      const appended = lastAppend.then(() => commit(prepared));
      lastAppend = appended.catch(() => {});
      return appended;
    },
    async *readStream(streamId, fromRevision = 0) {
      assertCount('fromRevision', fromRevision);
      assertOpen();
      const indexes = log.indexesOf(streamId).slice(fromRevision);
      const from = (start: number, most: number): number[] =>
        indexes.filter((index) => index >= start).slice(0, most);
      yield* paged(from, 0);
    },
    readAll,
    subscribe,
    async head() {
      assertOpen();
      await faults.reach('store/head');
      return log.events.length - 1;
    },
    async close() {
      closing.abort();
      await lastAppend;
    },
  };
}

function passes({ type, streamId }: RecordedEvent, filter: EventFilter | undefined): boolean {
  if (filter?.types?.includes(type) === false) return false;
  const prefixes = filter?.streamPrefixes;
  return !prefixes || prefixes.some((prefix) => streamId.startsWith(prefix));
}
