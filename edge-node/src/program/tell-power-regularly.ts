/** Active power every few seconds (D3.5 3.1.5), beside the quarter-hours. */
import type { Clock, Timers } from '@flexledger/runtime';
import type { LightNode } from '../light-node';

/** How often it may be told, ms. */
export const POWER_EVERY_MS = { least: 1_000, most: 10_000 } as const;

/** @throws RangeError for a time beyond `POWER_EVERY_MS` */
export function requirePowerEvery(everyMs: number): void {
  const { least, most } = POWER_EVERY_MS;
  if (everyMs >= least && everyMs <= most) return;
  throw new RangeError(`Power is told every ${least} to ${most} ms, not every ${everyMs} ms.`);
}

export interface ToldPowerOptions {
  /** In timers and problems: the PoD. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Within `POWER_EVERY_MS`. */
  readonly everyMs: number;
  readonly onProblem: (problem: string) => void;
}

/**
 * Tells the power at each whole multiple of `everyMs`, so that a fleet with equal clocks is read at one instant.
 * What is late, because the meter answers slowly, is left out.
 *
 * @returns what ends it
 */
export function tellPowerRegularly(
  node: Pick<LightNode, 'tellPower'>,
  { name, clock, timers, everyMs, onProblem }: ToldPowerOptions,
): () => void {
  let isStopped = false;
  let cancel = (): void => {};
  const arm = (): void => {
    if (isStopped) return;
    const nextMs = (Math.floor(clock.nowMs() / everyMs) + 1) * everyMs;
    cancel = timers.at(nextMs, `power/${name}`, async () => {
      await node
        .tellPower()
        .catch((error: unknown) => onProblem(`${name}: its power: ${String(error)}`));
      arm();
    });
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
}
