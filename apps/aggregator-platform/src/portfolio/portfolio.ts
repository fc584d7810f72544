import {
  type DeclaredFlexibility,
  type Direction,
  type LimitByMtu,
  type PlantLimits,
  type Product,
  divideHalfEven,
  limitAt,
} from '@flexledger/domain';

/** What a PoD declared, by MTU of a delivery day; one number where it is the same in all. */
export type FlexibilityOfDay = Readonly<Record<keyof DeclaredFlexibility, LimitByMtu>>;

/** A PoD as its aggregator knows it. */
export interface PortfolioPod extends OwnKnowledge {
  readonly podId: string;
  readonly flexibility: FlexibilityOfDay;
  /** Baseline of the delivery day, W by MTU. */
  readonly baselineW: readonly number[];
  /** The same of reactive power, var by MTU; absent where none is declared. */
  readonly baselineVar?: readonly number[];
  /** Offered without an operator's doing. */
  readonly automaticOffers: boolean;
}

/** What an aggregator has declared of a customer's plant (D3.3 A.2.2), as offers are made of it. */
export interface OwnKnowledge {
  /** What moving a kWh costs the aggregator, its variable costs together. */
  readonly costMicroEurPerKwh: number;
  /** What offering in one MTU costs, however much: its part of equipment and contract; absent = 0. */
  readonly fixedCostMicroEurPerMtu?: number;
  /** Power the PoD can feed in beyond going to zero, from a battery. */
  readonly feedInW: number;
  /** What the plant can follow; absent = everything. */
  readonly limits?: PlantLimits;
  /** What moving a kvarh costs; absent = its reactive power is not offered. */
  readonly reactiveMicroEurPerKvarh?: number;
}

/** An aggregator's customers. */
export interface Portfolio {
  readonly aggregatorId: string;
  /** All that are registered, as they can be offered on a day or not. @throws what the register throws */
  on(deliveryDay: string): Promise<CustomersOfDay>;
}

/** An aggregator's registered customers on one delivery day, each list in the order of their codes. */
export interface CustomersOfDay {
  /** Those that can be offered. */
  readonly pods: readonly PortfolioPod[];
  /** Those that cannot. */
  readonly leftOut: readonly LeftOut[];
  /** Of the latter those that lack nothing but a baseline. */
  readonly withoutBaseline: readonly string[];
}

/** A customer that is not offered, and why. */
export interface LeftOut {
  readonly podId: string;
  readonly reason: string;
}

/** W·MTU of a kWh. */
const W_MTU_PER_KWH = 4_000;

/**
 * The direction a PoD's active or reactive power is offered in: that in which it declares more over the day, so
 * that it is never sold both ways at once.
 */
export function offeredDirection(
  { flexibility, baselineW }: PortfolioPod,
  product: Product = 'P',
): Direction {
  const { upW, downW, upVar, downVar } = flexibility;
  const inDay = (limit: LimitByMtu): number =>
    typeof limit === 'number'
      ? limit * baselineW.length
      : limit.reduce((sum, watts) => sum + watts, 0);
  const [up, down] = product === 'P' ? [upW, downW] : [upVar, downVar];
  return inDay(up) >= inDay(down) ? 'up' : 'down';
}

/**
 * What a PoD can move in an MTU of the delivery day: up (less demand) not more than it withdraws and
 * its battery can feed in, down (more demand) what it declares.
 */
export function availableW(pod: PortfolioPod, mtu: number): number {
  const { upW, downW } = pod.flexibility;
  const baselineW = pod.baselineW[mtu] ?? 0;
  return offeredDirection(pod) === 'up'
    ? Math.min(limitAt(upW, mtu), Math.max(0, baselineW) + pod.feedInW)
    : limitAt(downW, mtu);
}

/** Cost of a kWh when so much is moved in an MTU, fixed costs spread over it; half to even. */
export function unitCostMicroEurPerKwh(pod: OwnKnowledge, quantityW: number): number {
  const { costMicroEurPerKwh, fixedCostMicroEurPerMtu = 0 } = pod;
  if (fixedCostMicroEurPerMtu === 0 || quantityW === 0) return costMicroEurPerKwh;
  const spread = divideHalfEven(BigInt(fixedCostMicroEurPerMtu * W_MTU_PER_KWH), BigInt(quantityW));
  return costMicroEurPerKwh + Number(spread);
}
