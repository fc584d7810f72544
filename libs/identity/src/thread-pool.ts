import { Worker } from 'node:worker_threads';

/** Does small jobs in worker threads. Jobs of one turn of the event loop travel in batches, dealt out in turn. */
export interface ThreadPool<Job, Answer> {
  /** Rejects where the job throws, or when the pool closes. */
  run(job: Job): Promise<Answer>;
  /** Rejects what is still waiting and ends the threads. */
  close(): Promise<void>;
}

export interface ThreadPoolOptions {
  /** In errors: `signing pool`. */
  readonly name: string;
  readonly workers: number;
  /** Jobs a message: enough to be cheap, few enough that the first answers come early; 32 when absent. */
  readonly jobsTogether?: number;
  /**
   * Text of a function expression of Node's `crypto` that makes the function of one job. As text, so that it
   * runs alike from compiled and from TypeScript sources: a worker cannot load the latter.
   */
  readonly program: string;
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Of a batch: the answers in order, and of each job that threw its place and why. */
type Answered<Answer> = readonly [
  answers: readonly Answer[],
  errors: readonly (readonly [place: number, error: string])[],
];

const threadProgram = (program: string): string => `
  const { parentPort } = require('node:worker_threads');
  const run = (${program})(require('node:crypto'));
  parentPort.on('message', (jobs) => {
    const errors = [];
    const answers = jobs.map((job, place) => {
      try {
        return run(job);
      } catch (error) {
        errors.push([place, error.message]);
        return undefined;
      }
    });
    parentPort.postMessage([answers, errors]);
  });
`;

const JOBS_TOGETHER = 32;

/**
 * Threads start with the first job, and keep the process alive only while they have one. One that fails rejects
 * the jobs that it had; another takes its place with the next ones.
 *
 * @throws RangeError without a worker
 */
export function createThreadPool<Job, Answer>(options: ThreadPoolOptions): ThreadPool<Job, Answer> {
  const { name, workers, jobsTogether = JOBS_TOGETHER } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`A ${name} needs at least one worker, not ${workers}`);
  }
  let threads: Thread<Job, Answer>[] | undefined;
  let waiting: Waiting<Job, Answer>[] = [];
  let turn = 0;
  let closed = false;

  const handOut = (): void => {
    const jobs = waiting;
    waiting = [];
    if (closed) {
      for (const { reject } of jobs) reject(new Error(`The ${name} is closed`));
      return;
    }
    threads ??= Array.from({ length: workers }, () => startThread<Job, Answer>(options));
    for (let at = 0; at < jobs.length; at += jobsTogether, turn += 1) {
      const place = turn % workers;
      if (threads[place]!.isOver()) threads[place] = startThread(options);
      threads[place]!.take(jobs.slice(at, at + jobsTogether));
    }
  };

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error(`The ${name} is closed`));
        if (waiting.length === 0) setImmediate(handOut);
        waiting.push({ job, resolve, reject });
      }),
    async close() {
      closed = true;
      await Promise.all((threads ?? []).map((thread) => thread.close()));
    },
  };
}

interface Thread<Job, Answer> {
  take(jobs: readonly Waiting<Job, Answer>[]): void;
  /** It failed, or ended: whatever it takes is rejected. */
  isOver(): boolean;
  close(): Promise<void>;
}

function startThread<Job, Answer>({ name, program }: ThreadPoolOptions): Thread<Job, Answer> {
  const worker = new Worker(threadProgram(program), { eval: true });
  worker.unref();
  /** Batches under way; a thread answers them in order. */
  const batches: (readonly Waiting<Job, Answer>[])[] = [];
  let failure: Error | undefined;
  let isClosing = false;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of batches.splice(0).flat()) reject(failure);
  };
  worker.on('message', ([answers, errors]: Answered<Answer>) => {
    const jobs = batches.shift();
    // It has failed, and its jobs with it, before this was read.
    if (!jobs) return;
    // A promise settles once.
    for (const [place, error] of errors) jobs[place]!.reject(new Error(error));
    jobs.forEach(({ resolve }, place) => resolve(answers[place]!));
    if (batches.length === 0) worker.unref();
  });
  worker.on('error', (error) =>
    fail(new Error(`A thread of the ${name} failed: ${error.message}`)),
  );
  worker.on('exit', (code) =>
    fail(
      new Error(
        isClosing ? `The ${name} is closed` : `A thread of the ${name} ended with code ${code}`,
      ),
    ),
  );
  return {
    take(jobs) {
      batches.push(jobs);
      if (failure) return fail(failure);
      worker.ref();
      worker.postMessage(jobs.map(({ job }) => job));
    },
    isOver: () => failure !== undefined,
    async close() {
      isClosing = true;
      await worker.terminate();
    },
  };
}
