import { Worker } from 'node:worker_threads';
import { deterministicSigner } from './deterministic-signature';

/**
 * Signs for a simulated fleet in worker threads, with the same result as `signMessageDeterministic`.
 * Requests of one turn of the event loop travel in batches, dealt out to the threads in turn.
 */
export interface SigningPool {
  /** As `signMessageDeterministic`, which see; rejects where that throws, or when the pool closes. */
  sign(privateKey: string, message: string): Promise<string>;
  /** Rejects what is still waiting and ends the threads. */
  close(): Promise<void>;
}

interface Job {
  readonly privateKey: string;
  readonly message: string;
  readonly resolve: (signature: string) => void;
  readonly reject: (error: Error) => void;
}

/** One answer for each job of a batch, in order. */
type Answer = { readonly signature: string } | { readonly error: string };

/**
 * The thread's program. As text, so that it runs alike from compiled and from TypeScript sources: a
 * worker cannot load the latter.
 */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  const sign = (${deterministicSigner.toString()})(require('node:crypto'));
  parentPort.on('message', (jobs) => {
    parentPort.postMessage(
      jobs.map(([privateKey, message]) => {
        try {
          return { signature: sign(privateKey, message) };
        } catch (error) {
          return { error: error.message };
        }
      }),
    );
  });
`;

/** Requests a message: large enough to be cheap, small enough that the first answers come early. */
const BATCH = 32;

/** Starts the threads; they keep the process alive until `close`. */
export function createSigningPool(options: { readonly workers: number }): SigningPool {
  if (!Number.isInteger(options.workers) || options.workers < 1) {
    throw new RangeError(`A signing pool needs at least one worker, not ${options.workers}`);
  }
  const threads = Array.from({ length: options.workers }, startThread);
  let waiting: Job[] = [];
  let closed = false;

  const handOut = (): void => {
    const jobs = waiting;
    waiting = [];
    for (let at = 0, turn = 0; at < jobs.length; at += BATCH, turn += 1) {
      threads[turn % threads.length]!.take(jobs.slice(at, at + BATCH));
    }
  };

  return {
    sign: (privateKey, message) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('The signing pool is closed'));
        if (waiting.length === 0) setImmediate(handOut);
        waiting.push({ privateKey, message, resolve, reject });
      }),
    async close() {
      closed = true;
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

function startThread(): { take(jobs: readonly Job[]): void; close(): Promise<void> } {
  const worker = new Worker(THREAD, { eval: true });
  /** Batches under way; a thread answers them in order. */
  const batches: (readonly Job[])[] = [];
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const job of batches.splice(0).flat()) job.reject(failure);
  };
  worker.on('message', (answers: readonly Answer[]) => {
    batches.shift()!.forEach((job, i) => {
      const answer = answers[i]!;
      if ('signature' in answer) job.resolve(answer.signature);
      else job.reject(new Error(answer.error));
    });
  });
  worker.on('error', (error) => fail(new Error(`A signing thread failed: ${error.message}`)));
  worker.on('exit', () => fail(new Error('The signing pool is closed')));
  return {
    take(jobs) {
      batches.push(jobs);
      if (failure) return fail(failure);
      worker.postMessage(jobs.map(({ privateKey, message }) => [privateKey, message]));
    },
    async close() {
      await worker.terminate();
    },
  };
}
