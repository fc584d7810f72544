/** Asks the worker; it is started when it is first needed, and again where it broke. */
import type { Answer, Job } from './jobs';

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, (answer: Answer) => void>();

/** What comes of a job. A worker that cannot be started or breaks is told as a refusal. */
export function ask(job: Job): Promise<Answer> {
  const id = (asked += 1);
  worker ??= start();
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker!.postMessage({ id, job });
  });
}

function start(): Worker {
  const started = new Worker(new URL('./evidence.worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<{ id: number; answer: Answer }>) => {
    waiting.get(data.id)?.(data.answer);
    waiting.delete(data.id);
  };
  started.onerror = ({ message }) => {
    const reason = `The check could not be run in this browser${message ? `: ${message}` : ''}. Load the page again.`;
    for (const tell of waiting.values()) tell({ kind: 'refused', reason });
    waiting.clear();
    started.terminate();
    worker = undefined;
  };
  return started;
}
