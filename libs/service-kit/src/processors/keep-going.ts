import { sleep } from '@flexledger/runtime';

/**
 * Does something that goes on until the signal aborts; where it fails, it is told and done again after a
 * pause, as often as that is.
 *
 * @param task resolves when there is nothing left to do, which ends this too
 */
export async function keepGoing(
  task: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
  pauseMs: number,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await task(signal);
    } catch (error) {
      if (signal.aborted) return;
      onFailure(error);
      await sleep(pauseMs, signal);
    }
  }
}
