/**
 * A thread that writes for a store whose batches come without end, so that hashes, rows and the disk's sync take none of
 * the time in which the caller's thread hears and answers. It has a connection of its own, as another process would; the
 * caller's reads what it has committed.
 */
import { startModuleThread } from '@flexledger/runtime';
import { LogDamaged } from '../errors';
import type { PreparedAppend } from '../prepare-append';
import type { BatchWritten } from './append-batch';
import { type BatchMessage, type WrittenMessage, batchMessage, writtenOf } from './batch-message';

/** What the thread is begun with. */
export interface WriterGiven {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** What is asked of it. */
export type ToWriter = BatchMessage | 'checkpoint' | 'end';

/** Why a transaction failed. */
export type FailureMessage =
  { readonly damaged: string } | { readonly text: string; readonly code: string | undefined };

type FromWriter = 'open' | WrittenMessage | { readonly failure: FailureMessage } | undefined;

export interface WriterThread {
  /** Resolves once it writes, or has ended before. */
  readonly open: Promise<void>;
  isOpen(): boolean;
  /**
   * As `BatchWriter.write`; one call at a time.
   *
   * @throws WriterEnded when the thread ended before it answered: whether the batch stands is unknown
   */
  write(batch: readonly PreparedAppend[]): Promise<BatchWritten | undefined>;
  /** Copies what stands in the write-ahead log into the file, after what it was asked to write. */
  checkpoint(): void;
  /** Ends the thread once it has done what it was asked for, and closes its connection. */
  end(): Promise<void>;
}

/** The thread is no more; to write the same batch otherwise is safe. */
export class WriterEnded extends Error {
  override readonly name = 'WriterEnded';
}

/** It keeps no process alive: what waits for it does. */
export function startWriterThread(given: WriterGiven): WriterThread {
  const worker = startModuleThread(require.resolve('./writer-thread-program'), given);
  worker.unref();
  let state: 'starting' | 'open' | 'ended' = 'starting';
  let answered: ((answer: FromWriter) => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  worker.on('message', (message: FromWriter) => {
    if (message !== 'open') return answered?.(message);
    if (state === 'starting') state = 'open';
    opened();
  });
  // The caller goes on without it, and meets the reason there.
  worker.on('error', () => undefined);
  const exited = new Promise<void>((resolve) =>
    worker.once('exit', () => {
      state = 'ended';
      failed?.(new WriterEnded('The thread that writes the log has ended'));
      opened();
      resolve();
    }),
  );
  const asked = (message: BatchMessage): Promise<FromWriter> =>
    new Promise((resolve, reject) => {
      [answered, failed] = [resolve, reject];
      if (state === 'ended') return reject(new WriterEnded('The thread has ended'));
      worker.ref();
      worker.postMessage(message);
    });
  return {
    open,
    isOpen: () => state === 'open',
    async write(batch) {
      try {
        const answer = await asked(batchMessage(batch));
        if (answer === undefined) return undefined;
        if (answer === 'open') throw new WriterEnded('The thread has begun anew');
        if ('failure' in answer) throw errorOf(answer.failure, given.path);
        return writtenOf(answer);
      } finally {
        worker.unref();
      }
    },
    checkpoint() {
      if (state === 'open') worker.postMessage('checkpoint');
    },
    async end() {
      if (state === 'starting') await worker.terminate();
      else worker.postMessage('end');
      worker.ref();
      await exited;
    },
  };
}

function errorOf(failure: FailureMessage, path: string): Error {
  if ('damaged' in failure) return new LogDamaged(path, failure.damaged);
  const { text, code } = failure;
  return Object.assign(new Error(text), code !== undefined && { code });
}
