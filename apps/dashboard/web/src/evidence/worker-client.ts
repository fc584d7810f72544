/** Asks the worker of evidence. */
import { asker } from './ask-worker';
import type { Answer, Job } from './jobs';

const inWorker = asker<Job, Answer>(
  () => new Worker(new URL('./evidence.worker.ts', import.meta.url), { type: 'module' }),
);

/** What comes of a job. Whatever is no answer comes back as a refusal with the reason. */
export const ask = (job: Job): Promise<Answer> =>
  inWorker(job).catch((error: unknown): Answer => ({
    kind: 'refused',
    reason: (error as Error).message,
  }));
