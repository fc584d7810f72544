/**
 * Waiting for a file that another process holds. SQLite's own waiting blocks the event loop, so it is
 * switched off: who is refused comes back after a short, growing, random delay. SQLite gives nobody a
 * turn: whoever asks at the right moment gets the file. So who writes much leaves it alone now and then
 * for longer than the others' longest delay (`createFairTurns`).
 */
import {
  type Random,
  blockFor,
  drawInteger,
  seededRandom,
  sleep,
  stopwatch,
} from '@flexledger/runtime';
import { LogBusy } from '../errors';
import { sqliteCode } from './sqlite-errors';

/** How long is waited for a busy log before `LogBusy`. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Longest delay between two tries. */
export const RETRY_DELAY_MAX_MS = 10;

/** What who opened a file knows of waiting for it. */
export interface BusyFile {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** Draws the delays: two processes shall not come at the same moments. */
  readonly random: Random;
}

/** What a process knows of waiting for a file; its delays are its own. */
export function busyFile(path: string, busyTimeoutMs: number): BusyFile {
  return { path, busyTimeoutMs, random: seededRandom(`${process.pid}/${path}`, 'busy file') };
}

/** Whether another process stands in the way, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') === true;
}

/** How long to wait after the `tries`-th refusal, from 1 on: on average half of 2, 4, 8, 10 ms. */
export function retryDelayMs(tries: number, random: Random): number {
  return drawInteger(random, 1, Math.min(2 ** Math.min(tries, 10), RETRY_DELAY_MAX_MS));
}

/**
 * Does `task` once the file is free.
 *
 * @param tellBusy makes the error of a file that stays busy; `LogBusy` when absent
 * @throws what `tellBusy` makes, and what `task` throws
 */
export async function untilFree<Result>(
  file: BusyFile,
  task: () => Result,
  tellBusy: TellBusy = logBusy,
): Promise<Result> {
  const sinceMs = stopwatch.nowMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return task();
    } catch (error) {
      if (!isBusy(error)) throw error;
      throwIfOverdue(file, sinceMs, error, tellBusy);
      await sleep(retryDelayMs(tries, file.random));
    }
  }
}

/** The error of a file that stayed busy. */
type TellBusy = (path: string, waitedMs: number, options: ErrorOptions) => Error;

const logBusy: TellBusy = (path, waitedMs, options) => new LogBusy(path, waitedMs, options);

/** As `untilFree` on a log, but blocks the thread: for opening, and for reading without promises. */
export function blockUntilFree<Result>(file: BusyFile, task: () => Result): Result {
  const sinceMs = stopwatch.nowMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return task();
    } catch (error) {
      if (!isBusy(error)) throw error;
      throwIfOverdue(file, sinceMs, error, logBusy);
      blockFor(retryDelayMs(tries, file.random));
    }
  }
}

function throwIfOverdue(
  { path, busyTimeoutMs }: BusyFile,
  sinceMs: number,
  cause: unknown,
  tellBusy: TellBusy,
): void {
  const waitedMs = stopwatch.nowMs() - sinceMs;
  if (waitedMs >= busyTimeoutMs) throw tellBusy(path, waitedMs, { cause });
}
