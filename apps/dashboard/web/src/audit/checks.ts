/** The checks of `verify.ts`, run in a worker: each by its name. */
import { asker } from '../evidence/ask-worker';

type Verify = typeof import('./verify');
type Check = {
  [Name in keyof Verify]: Verify[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Verify];

/** A check with what it is given. */
export interface CheckJob {
  readonly check: Check;
  readonly args: readonly unknown[];
}

const inWorker = asker<CheckJob, unknown>(
  () => new Worker(new URL('./verify.worker.ts', import.meta.url), { type: 'module' }),
);

/** @throws Error where this browser cannot run it */
export const run = <Name extends Check>(
  check: Name,
  ...args: Parameters<Verify[Name]>
): Promise<ReturnType<Verify[Name]>> =>
  inWorker({ check, args }) as Promise<ReturnType<Verify[Name]>>;
