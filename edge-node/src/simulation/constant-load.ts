import { type Clock } from '@flexledger/runtime';
import type { Meter } from '../meters/meter';

const MS_PER_HOUR = 3_600_000;

/**
 * A meter of a plant that has drawn the same power for ever, for trying a node without one. Its counters
 * follow from the clock, so they go on where a restarted node left them.
 *
 * @param powerW whole watts, 0 or more
 */
export function constantLoad(powerW: number, clock: Clock): Meter {
  return {
    read: async () => ({
      withdrawnTotalWh: Math.floor((powerW * clock.nowMs()) / MS_PER_HOUR),
      injectedTotalWh: 0,
      reactiveTotalVarh: 0,
      powerW,
    }),
    close: async () => {},
  };
}
