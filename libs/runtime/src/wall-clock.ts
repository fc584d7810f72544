import type { Clock, TimerTask, Timers } from './clock';

/** The machine's clock. */
export const wallClock: Clock = { nowMs: () => Date.now() };

/**
 * Measures how long something takes: milliseconds since some moment, and never set back or forward,
 * as the machine's clock may be.
 */
export const stopwatch: Clock = { nowMs: () => performance.now() };

/** Longest delay `setTimeout` keeps; anything later is re-armed. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * Timers on the machine's clock. A task that fails is handed to `onError`, and other timers go on.
 */
export class WallTimers implements Timers {
  private readonly cancels = new Set<() => void>();

  constructor(private readonly onError: (name: string, error: unknown) => void) {}

  at(atMs: number, name: string, task: TimerTask): () => void {
    let handle: NodeJS.Timeout;
    const cancel = (): void => {
      clearTimeout(handle);
      this.cancels.delete(cancel);
    };
    const arm = (): void => {
      const delayMs = atMs - wallClock.nowMs();
      if (delayMs > LONGEST_DELAY_MS) {
        handle = setTimeout(arm, LONGEST_DELAY_MS);
        return;
      }
      handle = setTimeout(() => void this.run(name, task, cancel), Math.max(0, delayMs));
    };
    this.cancels.add(cancel);
    arm();
    return cancel;
  }

  /** Cancels everything that is still waiting. */
  close(): void {
    for (const cancel of [...this.cancels]) cancel();
  }

  private async run(name: string, task: TimerTask, done: () => void): Promise<void> {
    done();
    try {
      await task();
    } catch (error) {
      this.onError(name, error);
    }
  }
}
