/**
 * The aggregated price curve of a portfolio (D3.3 A.2.2, baseline and cost aggregation): for each MTU
 * and direction the price steps at which power can be had, cheapest first, each with the power up to
 * and including it. Prices are the aggregator's costs: what an offer adds to them is its margin.
 */
import type { Direction } from '@flexledger/domain';
import {
  type PortfolioPod,
  availableW,
  offeredDirection,
  unitCostMicroEurPerKwh,
} from '../portfolio/portfolio';

export interface PriceStep {
  readonly priceMicroEurPerKwh: number;
  readonly quantityW: number;
  /** With all cheaper steps. */
  readonly cumulativeW: number;
  /** PoDs that give it, in the order of their codes. */
  readonly podIds: readonly string[];
}

/** The curve of one MTU of the delivery day and one direction; without steps it is left out. */
export interface PriceCurve {
  readonly mtu: number;
  readonly direction: Direction;
  readonly steps: readonly PriceStep[];
}

/** Curves by MTU of the delivery day, up before down. */
export function priceCurves(pods: readonly PortfolioPod[], mtuCount: number): PriceCurve[] {
  const directions: readonly Direction[] = ['up', 'down'];
  const byDirection = directions.map((direction) =>
    pods.filter((pod) => offeredDirection(pod) === direction),
  );
  return Array.from({ length: mtuCount }, (_, mtu) =>
    directions.flatMap((direction, index) => {
      const steps = priceSteps(byDirection[index]!, mtu);
      return steps.length === 0 ? [] : [{ mtu, direction, steps }];
    }),
  ).flat();
}

function priceSteps(pods: readonly PortfolioPod[], mtu: number): PriceStep[] {
  const byPrice = new Map<number, { quantityW: number; podIds: string[] }>();
  for (const pod of pods) {
    const quantityW = availableW(pod, mtu);
    if (quantityW === 0) continue;
    const price = unitCostMicroEurPerKwh(pod, quantityW);
    const step = byPrice.get(price) ?? { quantityW: 0, podIds: [] };
    step.quantityW += quantityW;
    step.podIds.push(pod.podId);
    byPrice.set(price, step);
  }
  let cumulativeW = 0;
  return [...byPrice]
    .sort(([one], [other]) => one - other)
    .map(([priceMicroEurPerKwh, { quantityW, podIds }]) => {
      cumulativeW += quantityW;
      return { priceMicroEurPerKwh, quantityW, cumulativeW, podIds };
    });
}
