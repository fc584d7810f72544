import type { TimerTask } from './clock';

/** A task that waits for its instant. */
export interface WaitingTimer {
  readonly atMs: number;
  readonly name: string;
  /** Which call of `add` it came from. */
  readonly sequence: number;
  readonly task: TimerTask;
}

/** Timers that wait, in the order in which they are due: (instant, name, call). */
export interface TimerQueue {
  /** Takes a timer in; returns what takes it out again. */
  add(atMs: number, name: string, task: TimerTask): () => void;
  /** The next one due; `undefined` when nothing waits. */
  first(): WaitingTimer | undefined;
  /** Takes the next one out. */
  take(): WaitingTimer | undefined;
  /** Takes all out. */
  clear(): void;
}

/** A queue that nothing waits in. */
export function timerQueue(): TimerQueue {
  let waiting: WaitingTimer[] = [];
  let sequence = 0;
  return {
    add(atMs, name, task) {
      const timer: WaitingTimer = { atMs, name, sequence: sequence++, task };
      // Insertion keeps the list sorted; a day holds a few hundred timers, so a scan is enough.
      const index = waiting.findIndex((other) => isBefore(timer, other));
      waiting.splice(index < 0 ? waiting.length : index, 0, timer);
      return () => {
        waiting = waiting.filter((other) => other !== timer);
      };
    },
    first: () => waiting[0],
    take: () => waiting.shift(),
    clear: () => {
      waiting = [];
    },
  };
}

function isBefore(one: WaitingTimer, other: WaitingTimer): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  if (one.name !== other.name) return one.name < other.name;
  return one.sequence < other.sequence;
}
