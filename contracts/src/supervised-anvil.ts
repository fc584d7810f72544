/**
 * The embedded chain, started again when its process ends without being told to: at the same port, from
 * what was saved. What it had accepted since is lost, and whoever sent it was not told that it is saved,
 * so that he sends it again (`saveState` of a chain that has ended rejects).
 */
import { messageOf, sleep, stopwatch, withoutFullStop } from '@flexledger/runtime';
import { type Anvil, AnvilEnded, AnvilError, type AnvilOptions, startAnvil } from './anvil';

export interface SupervisionOptions {
  /** Told of each end, each start that failed, and that it runs again. */
  readonly onProblem: (problem: string) => void;
  /** Called each time it answers again, before it counts as running. */
  readonly onRestarted: () => Promise<void>;
  /** Pauses before the starts after an end, then always the last. */
  readonly backOffMs?: readonly number[];
}

export interface SupervisedAnvil extends Omit<Anvil, 'ended'> {
  /** @throws AnvilError while it does not run, saying since when it is being started again */
  check(): void;
}

const BACK_OFF_MS = [200, 1_000, 5_000, 30_000] as const;
/** Who ran for so long had come up well: the next end begins with the shortest pause. */
const WELL_AFTER_MS = 60_000;

/**
 * Starts anvil, and again whenever it ends by itself, until `stop`.
 *
 * @throws AnvilError when it does not come up the first time
 */
export async function superviseAnvil(
  options: AnvilOptions & { readonly stateFile: string },
  { onProblem, onRestarted, backOffMs = BACK_OFF_MS }: SupervisionOptions,
): Promise<SupervisedAnvil> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let current = await startAnvil(options);
  const { rpcUrl } = current;
  // Clients keep its address.
  const again = { ...options, port: Number(new URL(rpcUrl).port) };
  let isRunning = true;

  async function startAgain(failures: number): Promise<void> {
    for (let tries = failures; !signal.aborted; tries += 1) {
      await sleep(backOffMs[tries] ?? backOffMs.at(-1) ?? 0, signal);
      if (signal.aborted) return;
      try {
        current = await startAnvil(again);
        await onRestarted();
        return;
      } catch (error) {
        await current.stop().catch(() => undefined);
        const reason = withoutFullStop(messageOf(error));
        onProblem(`The embedded chain does not start: ${reason}; it is tried again.`);
      }
    }
  }

  async function supervise(): Promise<void> {
    for (let failures = 0; ;) {
      const fromMs = stopwatch.nowMs();
      await Promise.race([current.ended, abortOf(signal)]);
      if (signal.aborted) return;
      isRunning = false;
      failures = stopwatch.nowMs() - fromMs < WELL_AFTER_MS ? failures + 1 : 0;
      onProblem(
        'The embedded chain (anvil) has ended without being told to; it is started again from what was ' +
          'saved, and what was not saved is sent again.',
      );
      await startAgain(failures);
      if (signal.aborted) return;
      isRunning = true;
      onProblem('The embedded chain runs again.');
    }
  }
  const supervising = supervise();

  return {
    rpcUrl,
    saveState: () => current.saveState(),
    check() {
      if (isRunning) return;
      throw new AnvilError('the embedded chain has ended by itself and is being started again');
    },
    async stop() {
      stopping.abort();
      await supervising;
      try {
        await current.stop();
      } catch (error) {
        // Nobody was told of anything since that it is saved.
        if (!(error instanceof AnvilEnded)) throw error;
      }
    },
  };
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
