import type { Clock, TimerTask, Timers } from './clock';

interface Waiting {
  readonly atMs: number;
  readonly name: string;
  readonly sequence: number;
  readonly task: TimerTask;
}

/**
 * A clock that moves only when told to, with its timers. Timers run one at a time, in the order of
 * (instant, name, call), each awaited before the next: a day takes seconds and always happens alike.
 */
export class VirtualClock implements Clock, Timers {
  private waiting: Waiting[] = [];
  private sequence = 0;

  constructor(private currentMs: number) {}

  nowMs(): number {
    return this.currentMs;
  }

  at(atMs: number, name: string, task: TimerTask): () => void {
    const entry: Waiting = { atMs, name, sequence: this.sequence++, task };
    // Insertion keeps the list sorted; a day holds a few hundred timers, so a scan is enough.
    const index = this.waiting.findIndex((other) => isBefore(entry, other));
    this.waiting.splice(index < 0 ? this.waiting.length : index, 0, entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  /** Instant of the next timer, or `undefined` when nothing waits. */
  nextAtMs(): number | undefined {
    return this.waiting[0]?.atMs;
  }

  /**
   * Runs every timer up to and including `untilMs`, calling `afterEach` when one has finished
   * (the place where consequences settle before time goes on), then sets the clock to `untilMs`.
   */
  async advanceTo(
    untilMs: number,
    afterEach: () => Promise<void> | void = () => {},
  ): Promise<void> {
    for (let next = this.waiting[0]; next && next.atMs <= untilMs; next = this.waiting[0]) {
      this.waiting.shift();
      this.currentMs = Math.max(this.currentMs, next.atMs);
      await next.task();
      await afterEach();
    }
    this.currentMs = Math.max(this.currentMs, untilMs);
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  if (one.name !== other.name) return one.name < other.name;
  return one.sequence < other.sequence;
}
