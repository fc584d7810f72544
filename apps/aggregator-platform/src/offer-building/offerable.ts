/**
 * What of a PoD can be offered so that whatever the market accepts of it can also be dispatched
 * (FR_AP_MI&O_2, D3.3 A.2.2): the declared flexibility that the baseline leaves room for, less what is
 * sold already, under the plant's ramp, response and start-up time.
 */
import { MTUS_PER_HOUR, MTU_MINUTES, type Product } from '@flexledger/domain';
import type { SoldChange } from '../dispatch/sold-changes';
import { type PortfolioPod, availableW } from '../portfolio/portfolio';

/** A session as it lies in its delivery day. */
export interface OfferSession {
  /** Index in the day of its first MTU. */
  readonly firstMtu: number;
  readonly mtuCount: number;
  /** What it trades; absent = active and reactive power. */
  readonly products?: readonly Product[];
  /** Indices in the day of the MTUs with which a window of setpoints begins, rising. */
  readonly windowStarts: readonly number[];
  /** From the moment setpoints arrive to their window. */
  readonly leadMinutes: number;
}

/** Offers are in whole tens of watts. */
export const OFFER_STEP_W = 10;

export function wholeSteps(watts: number): number {
  return Math.max(0, Math.floor(watts / OFFER_STEP_W) * OFFER_STEP_W);
}

/**
 * W by MTU of the session. An MTU in which a plant could not begin to move is left out, and none moves
 * further than it can in the one MTU before.
 *
 * @param sold what earlier sessions sold of the PoD
 */
export function offerableW(
  pod: PortfolioPod,
  session: OfferSession,
  sold: SoldChange | undefined,
): number[] {
  const { limits } = pod;
  return Array.from({ length: session.mtuCount }, (_, index) => {
    const mtu = session.firstMtu + index;
    const soldW = Math.abs(sold?.[mtu] ?? 0);
    let mostW = availableW(pod, mtu);
    if (limits && minutesToMove(session, mtu) < limits.responseMinutes + limits.startUpMinutes) {
      return 0;
    }
    if (limits && limits.rampWPerMinute !== null) {
      mostW = Math.min(mostW, limits.rampWPerMinute * MTU_MINUTES);
    }
    return Math.max(0, mostW - soldW);
  });
}

/** Energy of the day that is not sold, W·MTU; Infinity without a limit. */
export function energyLeftWMtu({ limits }: PortfolioPod, sold: SoldChange | undefined): number {
  if (!limits || limits.energyWh === null) return Infinity;
  const moved = (sold ?? []).reduce<number>((sum, watts) => sum + Math.abs(watts ?? 0), 0);
  return Math.max(0, limits.energyWh * MTUS_PER_HOUR - moved);
}

/** From the arrival of the setpoint to the MTU; 0 where no window holds it. */
function minutesToMove({ windowStarts, leadMinutes }: OfferSession, mtu: number): number {
  const start = windowStarts.findLast((first) => first <= mtu);
  return start === undefined ? 0 : leadMinutes + (mtu - start) * MTU_MINUTES;
}
