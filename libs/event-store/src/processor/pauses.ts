import { type Clock, type Timers, sleep } from '@flexledger/runtime';

/** The machine's clock, and waiting by it. */
export interface Pauses extends Clock {
  /** Waits so long, or until `signal` aborts; never rejects. */
  pause(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** @param timers where the clock is a virtual one; in real time the process sleeps */
export function pausesOf(clock: Clock, timers?: Timers): Pauses {
  const nowMs = (): number => clock.nowMs();
  if (!timers) return { nowMs, pause: sleep };
  return {
    nowMs,
    pause: (durationMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const finish = (): void => {
          cancel();
          signal?.removeEventListener('abort', finish);
          resolve();
        };
        const cancel = timers.at(clock.nowMs() + durationMs, 'processor', finish);
        signal?.addEventListener('abort', finish, { once: true });
      }),
  };
}
