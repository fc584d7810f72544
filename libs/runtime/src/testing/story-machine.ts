import type { Clock } from '../clock';
import type { AfterDelay } from '../wall-clock';

/** A machine in a story: its delays pass only when told, and its clock can be set or left running in its sleep. */
export interface StoryMachine {
  readonly clock: Clock;
  readonly after: AfterDelay;
  /** Lives on for so long: the clock goes on and delays end, one after another. */
  passes(durationMs: number): Promise<void>;
  /** Somebody sets the clock: forward, or back when negative. Delays know nothing of it. */
  clockIsSetBy(stepMs: number): void;
  /** Sleeps for so long: the clock goes on, delays stand still. */
  sleeps(durationMs: number): void;
  /** A delay ends so much before its time, as Node's may. */
  delaysEndEarlyBy(earlyMs: number): void;
  /** Delays that were begun and neither ended nor cancelled. */
  openDelays(): number;
}

interface Delay {
  readonly endsMs: number;
  readonly task: () => void;
}

/** A machine that was just switched on, with its clock at `nowMs`. */
export function storyMachine(nowMs: number): StoryMachine {
  let clockMs = nowMs;
  let uptimeMs = 0;
  let earlyMs = 0;
  const delays = new Set<Delay>();

  function nextBefore(untilMs: number): Delay | undefined {
    let next: Delay | undefined;
    for (const delay of delays) {
      if (delay.endsMs <= untilMs && (!next || delay.endsMs < next.endsMs)) next = delay;
    }
    return next;
  }

  function live(untilMs: number): void {
    clockMs += untilMs - uptimeMs;
    uptimeMs = untilMs;
  }

  return {
    clock: { nowMs: () => clockMs },
    after(delayMs, task) {
      // As in Node: what is below a millisecond, or above 2^31, ends after one.
      const tooLong = delayMs > 2 ** 31 - 1;
      const lastsMs = tooLong ? 1 : Math.max(1, Math.trunc(delayMs) - earlyMs);
      const delay = { endsMs: uptimeMs + lastsMs, task };
      delays.add(delay);
      return () => delays.delete(delay);
    },
    async passes(durationMs) {
      const untilMs = uptimeMs + durationMs;
      for (let next = nextBefore(untilMs); next; next = nextBefore(untilMs)) {
        live(next.endsMs);
        delays.delete(next);
        next.task();
        await new Promise((resolve) => setImmediate(resolve));
      }
      live(untilMs);
    },
    clockIsSetBy: (stepMs) => void (clockMs += stepMs),
    sleeps: (durationMs) => void (clockMs += durationMs),
    delaysEndEarlyBy: (ms) => void (earlyMs = ms),
    openDelays: () => delays.size,
  };
}
