import type { FlexibilityOffer } from '@flexledger/domain';
import {
  type PortfolioPod,
  availableW,
  offeredDirection,
  unitCostMicroEurPerKwh,
} from '../portfolio/portfolio';

/** What an aggregator adds to its cost, per mille, by direction. */
export interface OfferPolicy {
  readonly marginPerMille: number;
  /** Part of the declared flexibility that is offered day-ahead; the rest is kept for real time. */
  readonly dayAheadSharePerMille: number;
}

/**
 * Offers of a portfolio for a session (FR_AP_MI&O_2): for each PoD what its baseline leaves room for
 * in each MTU (`availableW`), in whole tens of watts, at its cost and the margin.
 *
 * @param firstMtu index in the delivery day of the session's first MTU
 */
export function buildOffers(
  pods: readonly PortfolioPod[],
  firstMtu: number,
  mtuCount: number,
  sharePerMille: number,
  policy: OfferPolicy,
): FlexibilityOffer[] {
  return pods.flatMap((pod) => {
    const direction = offeredDirection(pod);
    const quantityW = Array.from({ length: mtuCount }, (_, mtu) => {
      const roomW = availableW(pod, firstMtu + mtu);
      return Math.floor((roomW * sharePerMille) / 1_000 / 10) * 10;
    });
    if (quantityW.every((watts) => watts === 0)) return [];
    const priceMicroEurPerKwh = quantityW.map((watts) =>
      Math.round((unitCostMicroEurPerKwh(pod, watts) * (1_000 + policy.marginPerMille)) / 1_000),
    );
    return [
      {
        kind: 'single' as const,
        offerId: `${pod.podId}-P-${direction}`,
        podId: pod.podId,
        product: 'P' as const,
        direction,
        quantityW,
        priceMicroEurPerKwh,
        divisible: true,
        minQuantityW: 0,
      },
    ];
  });
}
