import { type Clock, type TimerTask, type Timers, timerQueue } from '@flexledger/runtime';

/** The clock of one machine in the world, which may go wrong, with the timers of one process on it. */
export interface ProcessClock extends Clock, Timers {
  /** From now on it shows so much more than the world's time; less when negative. */
  setOffset(offsetMs: number): void;
  /** The world's time at which the first timer is due; `undefined` when none waits. */
  dueMs(): number | undefined;
  /** Takes the first timer out. */
  take(): { readonly name: string; readonly task: TimerTask } | undefined;
  /** The process is gone: so are its timers. */
  clear(): void;
}

/** @param world the true time */
export function processClock(world: Clock): ProcessClock {
  const timers = timerQueue();
  let offsetMs = 0;
  return {
    nowMs: () => world.nowMs() + offsetMs,
    at: (atMs, name, task) => timers.add(atMs, name, task),
    setOffset: (ms) => void (offsetMs = ms),
    dueMs() {
      const first = timers.first();
      return first && first.atMs - offsetMs;
    },
    take: () => timers.take(),
    clear: () => timers.clear(),
  };
}

/**
 * A clock on which the world runs `times` as fast: leases and pauses of a day's processors, which are
 * seconds long, come round as often as they would within an hour or less, and not a hundred thousand times.
 */
export function slowedClock(clock: Clock & Timers, startMs: number, times: number): Clock & Timers {
  const nowMs = (): number => Math.floor(startMs + (clock.nowMs() - startMs) / times);
  return {
    nowMs,
    at: (atMs, name, task) => clock.at(Math.ceil(startMs + (atMs - startMs) * times), name, task),
  };
}
