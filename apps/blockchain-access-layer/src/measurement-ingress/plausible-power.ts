/**
 * Up to which power a PoD's quarter-hour can be believed: what the register knows of its connection and
 * its plants, with a margin.
 */
import type { PodDetails, PodEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { foldOfLog } from '@flexledger/service-kit';

/**
 * By so much may a quarter-hour's mean exceed connection and plants together. Breakers let more through
 * for hours, contracts are raised before the register hears of it; a fault of a meter (a reading lost, a
 * register misread, kWh for Wh) is off by far more.
 */
export const POWER_MARGIN = 2;

export interface PlausiblePower {
  /** Takes in what the log has gained. */
  readOn(): Promise<void>;
  /**
   * Most power that a PoD is believed, W, and in var. By the largest connection it ever had, since nodes
   * forward what is long past; where the register knows nothing of it, the largest there is.
   */
  maxPowerWOf(podId: string): number;
}

/** @param largestConnectionW no PoD is believed more */
export function createPlausiblePower(log: EventStore, largestConnectionW: number): PlausiblePower {
  const powerW = new Map<string, number>();
  const types: PodEvent['type'][] = ['PodRegistered', 'PodDetailsChanged'];
  const known = foldOfLog(log, types, ({ data }) => {
    const { podId, ...details } = data as { readonly podId: string } & PodDetails;
    powerW.set(podId, Math.max(powerW.get(podId) ?? 0, POWER_MARGIN * installedPowerW(details)));
  });
  return {
    readOn: async () => known(await log.head()),
    maxPowerWOf: (podId) => Math.min(powerW.get(podId) ?? Infinity, largestConnectionW),
  };
}

/** The connection, and all plants behind it at once. */
function installedPowerW({ contractedPowerW, pvPeakW, connection }: PodDetails): number {
  if (!connection) return contractedPowerW + pvPeakW;
  const { withdrawalLimitW, feedInLimitW, storageW, evChargerW, cogenerationW } = connection;
  const connectionW = Math.max(contractedPowerW, withdrawalLimitW, feedInLimitW);
  return connectionW + pvPeakW + storageW + evChargerW + cogenerationW;
}
