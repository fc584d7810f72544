import { checkAllocation, type AllocationCheck } from '../clearing/check';
import { clearByMeritOrder, DEFAULT_CLEARING_PARAMETERS } from '../clearing/clear';
import type { ClearingColumns } from '../clearing/columns';
import {
  clearMtu,
  prepareMeritOrder,
  type Allocation,
  type MeritOrder,
} from '../clearing/merit-order';
import { DomainError } from '../log/decider';
import { exchangeRates, ranksAt } from './exchange-rates';
import { evolve, type Individual, type Ranking, type SearchEffort } from './nsga2';

/**
 * What else the market could choose: among allocations that serve DSO requests, then TSO requests, as
 * far as possible, those of which none is better in cost, reliability and number of PoDs activated at
 * once. Found by NSGA-II over rankings, each decoded by merit order. The cheapest is exact, and so is
 * the most reliable unless a PoD's offers differ in reliability under a price cap (the population
 * begins with both); between, the front is as good as the search. It has corners: allocations that
 * mix two points of the same PoDs in any proportion lie between the two and are not listed.
 */
export interface ParetoPoint {
  /** Sum over MTUs of W x price; divide by 4,000 for micro-euro. */
  readonly costWMtuPrice: bigint;
  /** Sum over MTUs of W x (1000 - reliability in per mille). */
  readonly unreliabilityWMtu: number;
  /** Mean reliability of what is accepted, per mille; null where nothing is. */
  readonly reliabilityPerMille: number | null;
  /** PoDs of which anything is accepted in any MTU. */
  readonly podsActivated: number;
  readonly allocation: Allocation;
}

export const DEFAULT_SEARCH_EFFORT: SearchEffort = { populationSize: 60, generations: 60 };

/** Set in the rank of every offer that is not preferred. */
const NOT_PREFERRED = 2 ** 31;

/**
 * The front, by cost, then unreliability, then PoDs. Deterministic for a sequence of random numbers.
 *
 * @param random uniform in [0, 1)
 * @throws DomainError `pareto-indivisible` when merit order alone cannot clear the instance
 */
export function paretoFront(
  columns: ClearingColumns,
  random: () => number,
  effort: SearchEffort = DEFAULT_SEARCH_EFFORT,
): ParetoPoint[] {
  const best = clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS);
  if (best === null) {
    throw new DomainError(
      'pareto-indivisible',
      'The instance holds discrete, minimum-quantity, block or two-way offers, which a ranking cannot decide; leave these out to see its Pareto front.',
    );
  }
  const rates = exchangeRates(columns);
  const decode = decoder(columns, rates);
  const evaluate = (ranking: Ranking): Individual => {
    const allocation = decode(ranking);
    const accepted = acceptedOffers(columns, allocation);
    const { totals } = checked(columns, allocation);
    const { dsoServedWMtu, tsoServedWMtu } = totals;
    const isBehind =
      dsoServedWMtu < best.totals.dsoServedWMtu || tsoServedWMtu < best.totals.tsoServedWMtu;
    const missing =
      best.totals.dsoServedWMtu + best.totals.tsoServedWMtu - dsoServedWMtu - tsoServedWMtu;
    return {
      ranking,
      accepted,
      objectives: [...costAndUnreliability(totals), activatedPods(columns, accepted)],
      // What the TSO has more where the DSO has less makes up for nothing.
      shortfall: isBehind ? Math.max(1, missing) : 0,
    };
  };
  return evolve(seedRankings(columns, rates), evaluate, rates.length, effort, random)
    .filter(({ shortfall }) => shortfall === 0)
    .map(({ ranking, objectives }): ParetoPoint => {
      const [, unreliabilityWMtu, podsActivated] = objectives;
      const allocation = decode(ranking);
      const servedW = best.totals.dsoServedWMtu + best.totals.tsoServedWMtu;
      return {
        costWMtuPrice: checked(columns, allocation).totals.costWMtuPrice,
        unreliabilityWMtu: unreliabilityWMtu!,
        reliabilityPerMille: servedW === 0 ? null : 1000 - unreliabilityWMtu! / servedW,
        podsActivated: podsActivated!,
        allocation,
      };
    })
    .sort(
      (a, b) =>
        Number(a.costWMtuPrice - b.costWMtuPrice) ||
        a.unreliabilityWMtu - b.unreliabilityWMtu ||
        a.podsActivated - b.podsActivated,
    );
}

/** From a ranking to an allocation. Orders at a rate are worked out when first asked for. */
function decoder(
  columns: ClearingColumns,
  rates: readonly number[],
): (ranking: Ranking) => Allocation {
  const { mtus, offerCount } = columns;
  const ranks = new Uint32Array(mtus * offerCount);
  const meritOrder: MeritOrder = {
    ...prepareMeritOrder(columns, { cost: 1, reliability: 0 }),
    ranks,
  };
  const ranksOfRate = new Map<number, Uint32Array>();
  return ({ rate, preferred }) => {
    const order = ranksOfRate.get(rate) ?? ranksAt(columns, rates[rate]!);
    ranksOfRate.set(rate, order);
    for (let mtu = 0, at = 0; mtu < mtus; mtu += 1) {
      for (let offer = 0; offer < offerCount; offer += 1, at += 1) {
        ranks[at] = order[at]! + (preferred[offer] === 1 ? 0 : NOT_PREFERRED);
      }
    }
    // Without decisions there is nothing that might not fit.
    return Array.from({ length: mtus }, (_, mtu) => clearMtu(meritOrder, mtu, null)!);
  };
}

function checked(columns: ClearingColumns, allocation: Allocation): AllocationCheck {
  const check = checkAllocation(columns, allocation);
  const first = check.violations[0];
  if (first === undefined) return check;
  throw new Error(
    `pareto: a ranking broke the rule ${first.rule} in MTU ${first.mtu} (${first.detail}); report this instance`,
  );
}

/** Cost and unreliability. */
function costAndUnreliability(totals: AllocationCheck['totals']): [number, number] {
  const servedW = totals.dsoServedWMtu + totals.tsoServedWMtu;
  return [Number(totals.costWMtuPrice), 1000 * servedW - Number(totals.reliabilityWMtu)];
}

function acceptedOffers(columns: ClearingColumns, allocation: Allocation): Uint8Array {
  const accepted = new Uint8Array(columns.offerCount);
  for (const rows of allocation) for (const offer of rows.offer) accepted[offer] = 1;
  return accepted;
}

function activatedPods({ offerPod }: ClearingColumns, accepted: Uint8Array): number {
  const pods = new Set<number>();
  accepted.forEach((isAccepted, offer) => {
    if (isAccepted === 1) pods.add(offerPod[offer]!);
  });
  return pods.size;
}

/** Every exchange rate without preference: clearings under these weights. And the largest PoDs first, for few of them. */
function seedRankings(columns: ClearingColumns, rates: readonly number[]): Ranking[] {
  const { podCount, offerCount, offerPod, quantityW } = columns;
  const offeredW = new Float64Array(podCount);
  quantityW.forEach((watts, at) => (offeredW[offerPod[at % offerCount]!]! += watts));
  const largest = [...offeredW.keys()].sort((a, b) => offeredW[b]! - offeredW[a]! || a - b);
  const seeds = rates.map((_, rate): Ranking => ({ rate, preferred: new Uint8Array(offerCount) }));
  for (let count = 1; count < podCount; count *= 2) {
    const pods = new Set(largest.slice(0, count));
    const preferred = Uint8Array.from(offerPod, (pod) => (pods.has(pod) ? 1 : 0));
    seeds.push({ rate: 0, preferred }, { rate: rates.length - 1, preferred });
  }
  return seeds;
}
