/** Asks a worker; it is started when it is first needed, and again where it broke. */

/** What a worker answers to the job of an id: what came of it, or why nothing did. */
export type Told = { readonly id: number } & (
  { readonly answer: unknown } | { readonly fault: string }
);

/** @returns asks a job; it rejects where the worker cannot be started, breaks, or throws */
export function asker<Job, Answer>(start: () => Worker): (job: Job) => Promise<Answer> {
  let worker: Worker | undefined;
  let asked = 0;
  const waiting = new Map<number, (told: Told) => void>();

  function started(): Worker {
    const one = start();
    one.onmessage = ({ data }: MessageEvent<Told>) => {
      waiting.get(data.id)?.(data);
      waiting.delete(data.id);
    };
    one.onerror = ({ message }) => {
      const fault = `The check could not be run in this browser${message ? `: ${message}` : ''}. Load the page again.`;
      for (const [id, tell] of waiting) tell({ id, fault });
      waiting.clear();
      one.terminate();
      worker = undefined;
    };
    return one;
  }

  return (job) =>
    new Promise((resolve, reject) => {
      const id = (asked += 1);
      waiting.set(id, (told) =>
        'fault' in told ? reject(new Error(told.fault)) : resolve(told.answer as Answer),
      );
      worker ??= started();
      worker.postMessage({ id, job });
    });
}

/** The other side: answers every job with what comes of it. */
export function answerJobs<Job>(answerTo: (job: Job) => unknown): void {
  addEventListener('message', ({ data: { id, job } }: MessageEvent<{ id: number; job: Job }>) => {
    void Promise.resolve()
      .then(() => answerTo(job))
      .then(
        (answer): Told => ({ id, answer }),
        (error: unknown): Told => ({ id, fault: (error as Error).message }),
      )
      .then((told) => postMessage(told));
  });
}
