/** A seeded household behind a meter that goes on from the counters it showed before. */
import { MTU_MS } from '@flexledger/domain';
import { type Clock, seededRandom } from '@flexledger/runtime';
import type { MeterReading } from '../meters/meter';
import { seededHousehold } from './household';
import { type SimulatedPlant, livingPlant } from './simulated-plant';

/** A meter that was never read: it counts from here. */
export const NEW_METER: MeterReading = {
  withdrawnTotalWh: 0,
  injectedTotalWh: 0,
  reactiveTotalVarh: 0,
  powerW: 0,
};

type Counter = 'withdrawnTotalWh' | 'injectedTotalWh' | 'reactiveTotalVarh';

/** @param shown what the meter shows now */
export function meteredHousehold(
  seed: number | string,
  clock: Clock,
  shown: MeterReading,
): SimulatedPlant {
  const startMs = Math.floor(clock.nowMs() / MTU_MS) * MTU_MS;
  const { naturalAt, reach } = seededHousehold(seed);
  const plant = livingPlant(
    {
      startMs,
      naturalIn: (mtu) => naturalAt(startMs + mtu * MTU_MS),
      reach,
      counters: { withdrawnTotalWh: 0, injectedTotalWh: 0 },
    },
    clock,
    seededRandom(seed, 'plant'),
  );
  // What it has counted since the MTU began stands in what was shown.
  const counted = plant.reading();
  const reading = (): MeterReading => {
    const now = plant.reading();
    const since = (counter: Counter): number => shown[counter] + now[counter] - counted[counter];
    return {
      withdrawnTotalWh: since('withdrawnTotalWh'),
      injectedTotalWh: since('injectedTotalWh'),
      reactiveTotalVarh: since('reactiveTotalVarh'),
      powerW: now.powerW,
    };
  };
  return { meter: { read: async () => reading(), close: async () => {} }, ems: plant.ems, reading };
}
