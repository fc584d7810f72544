import type { Timers } from './clock';

/** Timers of one owner, who can take all of them back at once. */
export interface OwnTimers extends Timers {
  /** Cancels what still waits; what is armed later never runs. */
  close(): void;
}

/** Timers that end with their owner, over timers that others go on using. */
export function ownTimers(timers: Timers): OwnTimers {
  const cancels = new Set<() => void>();
  let isClosed = false;
  return {
    at(atMs, name, task) {
      if (isClosed) return () => undefined;
      const cancelTimer = timers.at(atMs, name, () => {
        cancels.delete(cancel);
        return task();
      });
      const cancel = (): void => {
        cancels.delete(cancel);
        cancelTimer();
      };
      cancels.add(cancel);
      return cancel;
    },
    close() {
      isClosed = true;
      for (const cancel of [...cancels]) cancel();
    },
  };
}
