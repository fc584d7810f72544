import type { Direction, FlexibilityOffer } from '@flexledger/domain';
import type { PortfolioPod } from '../portfolio/portfolio';

/** What an aggregator adds to its cost, per mille, by direction. */
export interface OfferPolicy {
  readonly marginPerMille: number;
  /** Part of the declared flexibility that is offered day-ahead; the rest is kept for real time. */
  readonly dayAheadSharePerMille: number;
}

/**
 * Offers of a portfolio for a session (FR_AP_MI&O_2): for each PoD what its baseline leaves room for
 * in each MTU. Up (less demand) cannot exceed what the PoD withdraws and what its battery can feed in; down
 * (more demand) cannot exceed the declared limit. A PoD offers in the direction in which it declares
 * more, so that it is never sold both ways at once.
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
    const { upW, downW } = pod.flexibility;
    const direction: Direction = upW >= downW ? 'up' : 'down';
    const declaredW = Math.max(upW, downW);
    const baselineW = pod.baselineW.slice(firstMtu, firstMtu + mtuCount);
    const quantityW = baselineW.map((watts) => {
      const roomW = direction === 'up' ? Math.max(0, watts) + pod.feedInW : declaredW;
      return Math.floor((Math.min(declaredW, roomW) * sharePerMille) / 1_000 / 10) * 10;
    });
    if (quantityW.every((watts) => watts === 0)) return [];
    const price = Math.round((pod.costMicroEurPerKwh * (1_000 + policy.marginPerMille)) / 1_000);
    return [
      {
        kind: 'single' as const,
        offerId: `${pod.podId}-P-${direction}`,
        podId: pod.podId,
        product: 'P' as const,
        direction,
        quantityW,
        priceMicroEurPerKwh: new Array<number>(mtuCount).fill(price),
        divisible: true,
        minQuantityW: 0,
      },
    ];
  });
}
