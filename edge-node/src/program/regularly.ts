/** What a node does every so often, beside its quarter-hours. */
import type { Clock, Timers } from '@flexledger/runtime';

export interface RegularOptions {
  /** In timers and problems: what is done, and of which PoD. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly everyMs: number;
  readonly onProblem: (problem: string) => void;
}

/**
 * Does a task at each whole multiple of `everyMs`, so that what a fleet with equal clocks does is of one
 * instant. What is late, because the task takes long, is left out; what fails is done again at the next. Where the clock
 * is set back it goes on by the new time.
 *
 * @returns what ends it
 */
export function regularly(
  task: () => Promise<void>,
  { name, clock, timers, everyMs, onProblem }: RegularOptions,
): () => void {
  let isStopped = false;
  let cancel = (): void => {};
  const arm = (): void => {
    cancel();
    if (isStopped) return;
    const nextMs = (Math.floor(clock.nowMs() / everyMs) + 1) * everyMs;
    cancel = timers.at(nextMs, name, async () => {
      await task().catch((error: unknown) => onProblem(`${name}: ${String(error)}`));
      arm();
    });
  };
  arm();
  const forget = timers.onSetBack?.(arm);
  return () => {
    isStopped = true;
    forget?.();
    cancel();
  };
}
