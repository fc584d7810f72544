import type { Clock } from '@flexledger/runtime';

const TELL_EVERY_MS = 60_000;
const REMEMBERED = 1_000;

/** A sender's clock may be fast by so much; what is later would keep everything else out of the latest. */
export const CLOCK_FAST_MS = 60_000;

/** Tells a problem, unless one of the same key was told within a minute: who sends it may do so every second. */
export function toldOnceAMinute(
  clock: Clock,
  onProblem: (problem: string) => void,
): (key: string, problem: string) => void {
  const toldMs = new Map<string, number>();
  return (key, problem) => {
    const nowMs = clock.nowMs();
    if (nowMs - (toldMs.get(key) ?? -Infinity) < TELL_EVERY_MS) return;
    if (toldMs.size > REMEMBERED) toldMs.clear();
    toldMs.set(key, nowMs);
    onProblem(problem);
  };
}
