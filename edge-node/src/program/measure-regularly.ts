/** Quarter-hours by the clock, for one Light Node or a field of them. */
import { MTU_MS } from '@flexledger/domain';
import { type Clock, type Timers, isoFromMs, isoNow } from '@flexledger/runtime';
import { type LightNode, READING_TOLERANCE_MS } from '../light-node';

export interface MeasuredOptions {
  /** In timers and problems: the PoD of a single node. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onProblem: (problem: string) => void;
}

/**
 * Ends each quarter-hour and begins the next, at all nodes at once; the one under way is measured where
 * its begin was read before. What is late, after a suspend for one, is left out; where the clock is set back, it is measured
 * by the new time from then on.
 *
 * @param nodes asked each time
 * @returns what ends it
 */
export function measureRegularly(
  nodes: () => readonly LightNode[],
  { name, clock, timers, onProblem }: MeasuredOptions,
): () => void {
  let startMs = 0;
  let cancel = (): void => {};

  async function begin(mtuStartMs: number): Promise<void> {
    await Promise.all(nodes().map((node) => node.beginQuarterHour(mtuStartMs)));
  }
  async function close(mtuStartMs: number): Promise<void> {
    // Nobody was there when the first one began.
    const measured = nodes().filter((node) => mtuStartMs !== startMs || node.hasOpened(mtuStartMs));
    await Promise.all(measured.map((node) => node.closeQuarterHour(mtuStartMs)));
  }
  const arm = (mtuStartMs: number): void => {
    const endMs = mtuStartMs + MTU_MS;
    cancel = timers.at(endMs, `node/${name}`, async () => {
      const lateMs = clock.nowMs() - endMs;
      const nextMs = endMs + Math.floor(lateMs / MTU_MS) * MTU_MS;
      arm(nextMs);
      if (lateMs <= READING_TOLERANCE_MS) await close(mtuStartMs);
      else {
        onProblem(
          `${name}: the quarter-hour from ${isoFromMs(mtuStartMs)} ended ${Math.round(lateMs / 1_000)} s ` +
            'ago, so it is not measured; keep the machine awake and its clock right',
        );
      }
      await begin(nextMs);
    });
  };

  function start(): void {
    cancel();
    startMs = Math.floor(clock.nowMs() / MTU_MS) * MTU_MS;
    arm(startMs);
    begin(startMs).catch((error: unknown) => onProblem(`${name}: ${String(error)}`));
  }
  start();
  const forget = timers.onSetBack?.(() => {
    onProblem(`${name}: the clock was set back to ${isoNow(clock)}; it is measured by that now`);
    start();
  });
  return () => {
    forget?.();
    cancel();
  };
}
