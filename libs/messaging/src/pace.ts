/** So many of something a second, and so many at once after a pause. */
import type { Clock } from '@flexledger/runtime';

export interface Pace {
  /** How long it is until another turn is due, ms; 0 where one is. */
  waitMs(): number;
  /** Takes a turn, due or not: what is taken too early is waited for longer. */
  take(): void;
}

/** All of `atOnce` are due at first. */
export function createPace(
  { perSecond, atOnce }: { readonly perSecond: number; readonly atOnce: number },
  clock: Clock,
): Pace {
  let left = atOnce;
  let countedMs = clock.nowMs();
  const count = (): void => {
    const nowMs = clock.nowMs();
    left = Math.min(atOnce, left + ((nowMs - countedMs) / 1_000) * perSecond);
    countedMs = nowMs;
  };
  return {
    waitMs() {
      count();
      return left >= 1 ? 0 : ((1 - left) / perSecond) * 1_000;
    },
    take() {
      count();
      left -= 1;
    },
  };
}
