/**
 * Time on the machine's clock, which people and time servers set and a laptop's lid stops. A timer is
 * due when the clock says so and not when a delay has passed, so the clock is looked at again and again
 * while anything waits: a delay that ends early by the clock is armed again, and a step forward or a
 * wake-up from suspend is noticed within `CHECK_EVERY_MS`.
 */
import type { Clock, TimerTask, Timers } from './clock';
import { timerQueue, type WaitingTimer } from './timer-queue';

/** The machine's clock. */
export const wallClock: Clock = { nowMs: () => Date.now() };

/**
 * Measures how long something takes: milliseconds since some moment, and never set back or forward,
 * as the machine's clock may be.
 */
export const stopwatch: Clock = { nowMs: () => performance.now() };

/** Runs `task` once when so many milliseconds have passed, whatever the clock is set to; returns what cancels it. */
export type AfterDelay = (delayMs: number, task: () => void) => () => void;

export interface WallTimersOptions {
  /** What the instants of `at` are compared with; the machine's clock when absent. */
  readonly clock?: Clock;
  /** `setTimeout` when absent, without keeping the process alive. */
  readonly after?: AfterDelay;
}

/** Longest time without a look at the clock while a timer waits. */
const CHECK_EVERY_MS = 1_000;
/** What time servers do in small steps is no setting. */
const SET_BACK_MS = 2_000;
/** A task that takes longer no longer holds up those that are due after it. */
const HOLDS_UP_MS = 1_000;

/**
 * Timers on the machine's clock. Those due at once (after a step forward, a suspend or a busy second)
 * start in the order of (instant, name, call), like the virtual clock's, each when the one before it
 * has ended or has taken a second. A task that fails is handed to `onError`, and other timers go on.
 * Waiting timers do not keep the process alive.
 */
export class WallTimers implements Timers {
  private readonly waiting = timerQueue();
  private readonly clock: Clock;
  private readonly after: AfterDelay;
  private cancelCheck: () => void = () => {};
  private readonly setBack = new Set<() => void>();
  private seenMs = -Infinity;
  private isRunning = false;
  private isClosed = false;

  constructor(
    private readonly onError: (name: string, error: unknown) => void,
    { clock = wallClock, after = afterTimeout }: WallTimersOptions = {},
  ) {
    this.clock = clock;
    this.after = after;
  }

  at(atMs: number, name: string, task: TimerTask): () => void {
    if (Number.isNaN(atMs)) throw new RangeError(`Timer ${name}: ${atMs} is not an instant.`);
    if (this.isClosed) return () => {};
    const remove = this.waiting.add(atMs, name, task);
    this.armCheck();
    return () => {
      remove();
      this.armCheck();
    };
  }

  onSetBack(task: () => void): () => void {
    this.setBack.add(task);
    return () => this.setBack.delete(task);
  }

  /** Takes out everything that still waits, and arms nothing any more; tasks under way end by themselves. */
  close(): void {
    this.isClosed = true;
    this.waiting.clear();
    this.setBack.clear();
    this.armCheck();
  }

  /** The next look at the clock; none while nothing waits, or while what is due is being run. */
  private armCheck(): void {
    this.cancelCheck();
    this.cancelCheck = () => {};
    const first = this.waiting.first();
    if (!first || this.isRunning) return;
    const delayMs = Math.max(0, first.atMs - this.clock.nowMs());
    this.cancelCheck = this.after(Math.min(delayMs, CHECK_EVERY_MS), () => void this.runDue());
  }

  private async runDue(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      this.lookAtClock();
      for (
        let first = this.waiting.first();
        first && first.atMs <= this.clock.nowMs();
        first = this.waiting.first()
      ) {
        this.waiting.take();
        await this.endedOrSlow(this.run(first));
      }
    } finally {
      this.isRunning = false;
      this.armCheck();
    }
  }

  private lookAtClock(): void {
    const nowMs = this.clock.nowMs();
    const isSetBack = nowMs < this.seenMs - SET_BACK_MS;
    this.seenMs = nowMs;
    if (isSetBack) for (const tell of [...this.setBack]) tell();
  }

  private async run({ name, task }: WaitingTimer): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.onError(name, error);
    }
  }

  private async endedOrSlow(running: Promise<void>): Promise<void> {
    let cancel: () => void = () => {};
    const slow = new Promise<void>((resolve) => (cancel = this.after(HOLDS_UP_MS, resolve)));
    await Promise.race([running, slow]);
    cancel();
  }
}

function afterTimeout(delayMs: number, task: () => void): () => void {
  const handle = setTimeout(task, delayMs).unref();
  return () => clearTimeout(handle);
}
