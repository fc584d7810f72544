import { fork } from 'node:child_process';
import path from 'node:path';
import type { SimulateOptions, SimulatedDay } from './simulate-day';

/** A day to be simulated, as it is told to another process. */
export interface ChildRequest extends Pick<
  SimulateOptions,
  'pods' | 'date' | 'seed' | 'grid' | 'dataDir'
> {
  /** Rule pack, by name or file. */
  readonly rules: string;
}

/** What the process tells. */
export type ChildAnswer =
  | { readonly done: number; readonly what: string }
  | { readonly problem: string }
  | { readonly simulated: SimulatedDay }
  | { readonly error: string; readonly name: string };

export interface ChildOptions {
  readonly onProgress: (done: number, what: string) => void;
  readonly onProblem: (problem: string) => void;
  /** Ends the process, and the simulation with its reason. */
  readonly stop: AbortSignal;
}

/**
 * Simulates a day into an empty data folder, in a process of its own.
 *
 * @throws Error as `simulateDay` throws; when the process ends by itself; the reason of `stop`
 */
export async function simulateInChild(
  request: ChildRequest,
  { onProgress, onProblem, stop }: ChildOptions,
): Promise<SimulatedDay> {
  stop.throwIfAborted();
  const child = fork(path.join(__dirname, 'simulate-process.js'), {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const end = (): void => void child.kill();
  stop.addEventListener('abort', end);
  let outcome: Extract<ChildAnswer, { simulated: unknown } | { error: unknown }> | undefined;
  child.on('message', (answer: ChildAnswer) => {
    if ('done' in answer) onProgress(answer.done, answer.what);
    else if ('problem' in answer) onProblem(answer.problem);
    else outcome = answer;
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  child.send(request);
  try {
    const how = await ended;
    stop.throwIfAborted();
    if (!outcome) throw new Error(`The simulation ended (${how}) before the day was whole.`);
    if ('error' in outcome) {
      throw Object.assign(new Error(outcome.error), { name: outcome.name });
    }
    return outcome.simulated;
  } finally {
    stop.removeEventListener('abort', end);
  }
}
