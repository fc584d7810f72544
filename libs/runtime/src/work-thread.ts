/**
 * Work that would hold up a process for seconds, in a thread: what is parsed for strangers, what is searched for. It has so
 * much time and memory and no more; beyond, the thread is ended and the process goes on.
 */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { inOrder } from './in-order';

export interface WorkThreadOptions {
  /** In errors: `search for fronts`. */
  readonly name: string;
  /** A module, as `require.resolve` finds it, that exports `work(job)`; its promise is waited for. */
  readonly file: string;
  /** Of one job. */
  readonly mostSeconds: number;
  /** Of its objects, MiB. */
  readonly mostHeapMb: number;
}

/** Jobs of one kind, done one after another. */
export interface WorkThread<Job, Answer> {
  /**
   * What is handed over and answered is copied (structured clone).
   *
   * @throws WorkTooMuch where it takes more time or memory than it has; DataCloneError where the job cannot be copied;
   *   Error with what the module says else
   */
  run(job: Job): Promise<Answer>;
}

/** A job took more than it had. */
export class WorkTooMuch extends Error {
  override readonly name = 'WorkTooMuch';
}

/** A thread that has nothing to do for so long ends, and gives its memory back. */
const IDLE_MS = 10_000;

/** From TypeScript sources, which a thread cannot load by itself, modules are translated as they are loaded. */
const LOADER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { file, translator } = workerData;
  if (translator) {
    const { transformFileSync } = require(translator);
    require.extensions['.ts'] = (module, name) =>
      module._compile(transformFileSync(name).code, name);
  }
`;

const PROGRAM = `
  const { work } = require(file);
  parentPort.on('message', async (job) => {
    try {
      parentPort.postMessage({ answer: await work(job) });
    } catch (error) {
      parentPort.postMessage({ failure: error instanceof Error ? error.message : String(error) });
    }
  });
`;

type Answered<Answer> = { readonly answer: Answer } | { readonly failure: string };

/** The thread starts with the first job, and keeps the process alive only while it has one. */
export function createWorkThread<Job, Answer>(options: WorkThreadOptions): WorkThread<Job, Answer> {
  const { name, mostSeconds, mostHeapMb } = options;
  const inTurn = inOrder();
  let standing: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  /** One that is ending may still fail when another stands already. */
  const end = (worker: Worker): void => {
    void worker.terminate();
    if (standing === worker) standing = undefined;
  };

  function done(job: Job): Promise<Answer> {
    clearTimeout(idle);
    const worker = (standing ??= startWorker(options));
    worker.ref();
    return new Promise<Answer>((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(late);
        for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
        // One that fails when it has nothing to do is replaced with the next job.
        for (const event of ['error', 'exit']) worker.on(event, () => end(worker));
        worker.unref();
        outcome();
      };
      const fail = (error: Error): void =>
        settle(() => {
          end(worker);
          reject(error);
        });
      const late = setTimeout(
        () => fail(new WorkTooMuch(`The ${name} takes longer than ${mostSeconds} s`)),
        mostSeconds * 1_000,
      );
      for (const event of ['error', 'exit']) worker.removeAllListeners(event);
      worker.on('message', (answered: Answered<Answer>) =>
        settle(() => {
          idle = setTimeout(() => end(worker), IDLE_MS).unref();
          if ('failure' in answered) reject(new Error(answered.failure));
          else resolve(answered.answer);
        }),
      );
      worker.on('error', (error: NodeJS.ErrnoException) =>
        fail(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? new WorkTooMuch(`The ${name} takes more memory than ${mostHeapMb} MiB`)
            : new Error(`The ${name} failed: ${error.message}`),
        ),
      );
      worker.on('exit', (code) => fail(new Error(`The ${name} ended with code ${code}`)));
      try {
        worker.postMessage(job);
      } catch (error) {
        fail(error as Error);
      }
    });
  }
  return { run: (job) => inTurn(() => done(job)) };
}

function startWorker({ file, mostHeapMb }: WorkThreadOptions): Worker {
  return startLoaded(PROGRAM, file, { resourceLimits: { maxOldGenerationSizeMb: mostHeapMb } });
}

/**
 * A thread that runs a module, compiled or not, and goes on for as long as that listens: for work that keeps something open.
 *
 * @param file as `require.resolve` finds it
 * @param given to the module, as `workerData.given`
 */
export function startModuleThread(file: string, given: unknown): Worker {
  return startLoaded('require(file);', file, { workerData: { given } });
}

function startLoaded(program: string, file: string, options: WorkerOptions): Worker {
  const translator = file.endsWith('.ts') ? require.resolve('@swc/core') : undefined;
  const workerData = { ...(options.workerData as object), file, translator };
  return new Worker(`${LOADER}${program}`, { ...options, eval: true, workerData });
}
