import { type FlexibilityOffer, PRODUCTS, limitAt } from '@flexledger/domain';
import type { SoldChange } from '../dispatch/sold-changes';
import {
  type PortfolioPod,
  offeredDirection,
  unitCostMicroEurPerKwh,
} from '../portfolio/portfolio';
import { bestBlock } from './best-block';
import {
  type OfferSession,
  OFFER_STEP_W,
  energyLeftWMtu,
  offerableW,
  wholeSteps,
} from './offerable';

/** The part of what can be offered that goes into one session, and the margin on it. */
export interface OfferTerms {
  readonly sharePerMille: number;
  readonly marginPerMille: number;
}

/**
 * Offers of a portfolio for a session (FR_AP_MI&O_2): for each PoD what can be sold and dispatched
 * (`offerableW`), in whole tens of watts, at its cost and the margin. A plant that can move only so
 * much energy in a day is offered as a flexible block that carries no more; any other as a quantity in
 * each MTU; reactive power, which an inverter moves at once and without end, always so. PoDs that can give
 * nothing are left out.
 *
 * @param sold what earlier sessions of the delivery day sold, by PoD
 * @param soldVar the same of reactive power
 */
export function buildOffers(
  pods: readonly PortfolioPod[],
  session: OfferSession,
  { sharePerMille, marginPerMille }: OfferTerms,
  sold: ReadonlyMap<string, SoldChange> = new Map(),
  soldVar: ReadonlyMap<string, SoldChange> = new Map(),
): FlexibilityOffer[] {
  const withMargin = (cost: number): number =>
    Math.round((cost * (1_000 + marginPerMille)) / 1_000);
  const priceOf = (pod: PortfolioPod, watts: number): number =>
    withMargin(unitCostMicroEurPerKwh(pod, watts));
  const active = (pod: PortfolioPod): FlexibilityOffer[] => {
    const { podId } = pod;
    const direction = offeredDirection(pod);
    const common = { offerId: `${podId}-P-${direction}`, podId, product: 'P' as const, direction };
    const soldOfPod = sold.get(podId);
    const quantityW = offerableW(pod, session, soldOfPod).map((watts) =>
      wholeSteps((watts * sharePerMille) / 1_000),
    );
    const energyWMtu = energyLeftWMtu(pod, soldOfPod);
    if (energyWMtu === Infinity) {
      if (quantityW.every((watts) => watts === 0)) return [];
      const priceMicroEurPerKwh = quantityW.map((watts) => priceOf(pod, watts));
      const single = { kind: 'single', quantityW, priceMicroEurPerKwh } as const;
      return [{ ...common, ...single, divisible: true, minQuantityW: 0 }];
    }
    const block = bestBlock(quantityW, (energyWMtu * sharePerMille) / 1_000, OFFER_STEP_W);
    if (!block) return [];
    const priceMicroEurPerKwh = priceOf(pod, block.quantityW);
    return [{ ...common, kind: 'block', ...block, priceMicroEurPerKwh }];
  };
  const reactive = (pod: PortfolioPod): FlexibilityOffer[] => {
    const { podId, flexibility, baselineVar, reactiveMicroEurPerKvarh: cost } = pod;
    if (cost === undefined || !baselineVar) return [];
    const direction = offeredDirection(pod, 'Q');
    const declared = direction === 'up' ? flexibility.upVar : flexibility.downVar;
    const quantityW = Array.from({ length: session.mtuCount }, (_, index) => {
      const mtu = session.firstMtu + index;
      const leftVar = limitAt(declared, mtu) - Math.abs(soldVar.get(podId)?.[mtu] ?? 0);
      return wholeSteps((Math.max(0, leftVar) * sharePerMille) / 1_000);
    });
    if (quantityW.every((vars) => vars === 0)) return [];
    const priceMicroEurPerKwh = quantityW.map(() => withMargin(cost));
    const common = { offerId: `${podId}-Q-${direction}`, podId, product: 'Q' as const, direction };
    const single = { kind: 'single', quantityW, priceMicroEurPerKwh } as const;
    return [{ ...common, ...single, divisible: true, minQuantityW: 0 }];
  };
  const { products = PRODUCTS } = session;
  return pods.flatMap((pod) =>
    products.flatMap((product) => (product === 'P' ? active(pod) : reactive(pod))),
  );
}
