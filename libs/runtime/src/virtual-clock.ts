import type { Clock, TimerTask, Timers } from './clock';
import { timerQueue } from './timer-queue';

/**
 * A clock that moves only when told to, with its timers. Timers run one at a time, in the order of
 * (instant, name, call), each awaited before the next: a day takes seconds and always happens alike.
 */
export class VirtualClock implements Clock, Timers {
  private readonly waiting = timerQueue();

  constructor(private currentMs: number) {}

  nowMs(): number {
    return this.currentMs;
  }

  at(atMs: number, name: string, task: TimerTask): () => void {
    return this.waiting.add(atMs, name, task);
  }

  /** What waits first, for a driver of several clocks; `undefined` when nothing waits. */
  nextTimer(): { readonly atMs: number; readonly name: string } | undefined {
    const next = this.waiting.first();
    return next && { atMs: next.atMs, name: next.name };
  }

  /** Sets the clock, unless it is later already; timers that are due by then still wait. */
  setTo(nowMs: number): void {
    this.currentMs = Math.max(this.currentMs, nowMs);
  }

  /** Runs the first timer when it is due; false when none is. */
  async runNext(): Promise<boolean> {
    const next = this.waiting.first();
    if (!next || next.atMs > this.currentMs) return false;
    this.waiting.take();
    await next.task();
    return true;
  }

  /**
   * Runs every timer up to and including `untilMs`, calling `afterEach` when one has finished
   * (the place where consequences settle before time goes on), then sets the clock to `untilMs`.
   */
  async advanceTo(
    untilMs: number,
    afterEach: () => Promise<void> | void = () => {},
  ): Promise<void> {
    for (
      let next = this.waiting.first();
      next && next.atMs <= untilMs;
      next = this.waiting.first()
    ) {
      this.setTo(next.atMs);
      await this.runNext();
      await afterEach();
    }
    this.setTo(untilMs);
  }
}
