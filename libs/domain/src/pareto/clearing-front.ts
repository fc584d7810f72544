import { checkAllocation, type AllocationCheck } from '../clearing/check';
import type { ClearingColumns } from '../clearing/columns';
import { prepareMeritOrder, type Allocation, type MeritOrder } from '../clearing/merit-order';
import { decisionLoci } from './decision-loci';
import { exchangeRates, ranksAt } from './exchange-rates';
import { evolve, type Individual, type Ranking, type SearchEffort } from './nsga2';

/**
 * What else the market could choose: among allocations that serve DSO requests, then TSO requests, as
 * far as possible, those of which none is better in every objective at once (cost, reliability and
 * number of PoDs activated unless others are named). Found by NSGA-II over rankings, each decoded by
 * merit order, and over decisions about what is discrete, has a minimum, runs as a block or goes both
 * ways. The optimum of clearing begins the population, so the cheapest is exact; without such offers
 * so is the most reliable, unless a PoD's offers differ in reliability under a price cap. Between,
 * the front is as good as the search. It has corners: allocations that mix two points of the same
 * PoDs in any proportion lie between the two and are not listed.
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
  /** The highest price accepted in any MTU; 0 where nothing is. */
  readonly dearestMicroEurPerKwh: number;
  readonly allocation: Allocation;
}

/** What can be traded off; all are made as small as possible. */
export const OBJECTIVE_FUNCTIONS = [
  'cost',
  'unreliability',
  'podsActivated',
  'dearestPrice',
] as const;
export type ObjectiveFunction = (typeof OBJECTIVE_FUNCTIONS)[number];

/** What is traded off where nothing else is named. */
export const DEFAULT_OBJECTIVES: readonly ObjectiveFunction[] = [
  'cost',
  'unreliability',
  'podsActivated',
];

const VALUE_OF: Readonly<Record<ObjectiveFunction, (point: ParetoPoint) => number>> = {
  cost: ({ costWMtuPrice }) => Number(costWMtuPrice),
  unreliability: ({ unreliabilityWMtu }) => unreliabilityWMtu,
  podsActivated: ({ podsActivated }) => podsActivated,
  dearestPrice: ({ dearestMicroEurPerKwh }) => dearestMicroEurPerKwh,
};

export const DEFAULT_SEARCH_EFFORT: SearchEffort = { populationSize: 60, generations: 60 };

/** How a front is searched for. */
export interface ParetoSearch {
  /** Uniform in [0, 1); the same numbers give the same front. */
  readonly random: () => number;
  /** `DEFAULT_OBJECTIVES` where absent. */
  readonly objectives?: readonly ObjectiveFunction[];
  /** `DEFAULT_SEARCH_EFFORT` where absent. */
  readonly effort?: SearchEffort;
}

/** Set in the rank of every offer that is not preferred. */
const NOT_PREFERRED = 2 ** 31;

/** The front, by the objectives in their order. @param optimum what clearing chooses of the instance */
export function paretoFront(
  columns: ClearingColumns,
  optimum: Allocation,
  search: ParetoSearch,
): ParetoPoint[] {
  const steps = paretoSteps(columns, optimum, search);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** As `paretoFront`, with a pause after each allocation that was looked at. */
export function* paretoSteps(
  columns: ClearingColumns,
  optimum: Allocation,
  { random, objectives = DEFAULT_OBJECTIVES, effort = DEFAULT_SEARCH_EFFORT }: ParetoSearch,
): Generator<void, ParetoPoint[]> {
  const best = checked(columns, optimum).totals;
  const rates = exchangeRates(columns);
  const { loci, decode } = decoder(columns, rates);
  const valuesOf = (point: ParetoPoint): number[] =>
    objectives.map((name) => VALUE_OF[name](point));
  const evaluate = (wanted: Ranking): Individual => {
    const { allocation, genes: decided } = decode(wanted);
    const { totals } = checked(columns, allocation);
    const { dsoServedWMtu, tsoServedWMtu } = totals;
    const isBehind = dsoServedWMtu < best.dsoServedWMtu || tsoServedWMtu < best.tsoServedWMtu;
    const missing = best.dsoServedWMtu + best.tsoServedWMtu - dsoServedWMtu - tsoServedWMtu;
    return {
      ranking: { ...wanted, decided },
      accepted: acceptedOffers(columns, allocation),
      objectives: valuesOf(pointOf(columns, allocation)),
      // What the TSO has more where the DSO has less makes up for nothing.
      shortfall: isBehind ? Math.max(1, missing) : 0,
    };
  };
  const seeds = seedRankings(columns, rates, [loci.of(optimum), loci.all()]);
  const genome = { rateCount: rates.length, draw: loci.draw };
  const front = yield* evolve(seeds, evaluate, genome, effort, random);
  return front
    .filter(({ shortfall }) => shortfall === 0)
    .map(({ ranking, objectives: values }) => ({
      values,
      point: pointOf(columns, decode(ranking).allocation),
    }))
    .sort((a, b) => firstDifference(a.values, b.values))
    .map(({ point }) => point);
}

function firstDifference(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** From a ranking to an allocation. Orders at a rate are worked out when first asked for. */
function decoder(columns: ClearingColumns, rates: readonly number[]) {
  const { mtus, offerCount } = columns;
  const ranks = new Uint32Array(mtus * offerCount);
  const byPrice = prepareMeritOrder(columns, { cost: 1, reliability: 0 });
  const meritOrder: MeritOrder = { ...byPrice, ranks };
  const loci = decisionLoci(meritOrder);
  const ranksOfRate = new Map<number, Uint32Array>();
  const decode = ({ rate, preferred, decided }: Ranking) => {
    const order = ranksOfRate.get(rate) ?? ranksAt(columns, rates[rate]!);
    ranksOfRate.set(rate, order);
    for (let mtu = 0, at = 0; mtu < mtus; mtu += 1) {
      for (let offer = 0; offer < offerCount; offer += 1, at += 1) {
        ranks[at] = order[at]! + (preferred[offer] === 1 ? 0 : NOT_PREFERRED);
      }
    }
    return loci.clear(decided);
  };
  return { loci, decode };
}

function checked(columns: ClearingColumns, allocation: Allocation): AllocationCheck {
  const check = checkAllocation(columns, allocation);
  const first = check.violations[0];
  if (first === undefined) return check;
  throw new Error(
    `pareto: a ranking broke the rule ${first.rule} in MTU ${first.mtu} (${first.detail}); report this instance`,
  );
}

function pointOf(columns: ClearingColumns, allocation: Allocation): ParetoPoint {
  const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice, reliabilityWMtu } = checked(
    columns,
    allocation,
  ).totals;
  const servedW = dsoServedWMtu + tsoServedWMtu;
  const unreliabilityWMtu = 1000 * servedW - Number(reliabilityWMtu);
  let dearestMicroEurPerKwh = 0;
  allocation.forEach(({ offer }, mtu) => {
    for (const one of offer) {
      const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + one]!;
      dearestMicroEurPerKwh = Math.max(dearestMicroEurPerKwh, price);
    }
  });
  return {
    costWMtuPrice,
    unreliabilityWMtu,
    reliabilityPerMille: servedW === 0 ? null : 1000 - unreliabilityWMtu / servedW,
    podsActivated: activatedPods(columns, acceptedOffers(columns, allocation)),
    dearestMicroEurPerKwh,
    allocation,
  };
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

/**
 * Every exchange rate without preference: clearings under these weights. And the largest PoDs first, for
 * few of them. The first under each of the decisions, the others under the first of them.
 */
function seedRankings(
  columns: ClearingColumns,
  rates: readonly number[],
  decisions: readonly Float64Array[],
): Ranking[] {
  const { podCount, offerCount, offerPod, quantityW } = columns;
  const offeredW = new Float64Array(podCount);
  quantityW.forEach((watts, at) => (offeredW[offerPod[at % offerCount]!]! += watts));
  const largest = [...offeredW.keys()].sort((a, b) => offeredW[b]! - offeredW[a]! || a - b);
  const distinct = decisions[0]!.length === 0 ? decisions.slice(0, 1) : decisions;
  const decided = decisions[0]!;
  const seeds = distinct.flatMap((genes) =>
    rates.map((_, rate): Ranking => ({
      rate,
      preferred: new Uint8Array(offerCount),
      decided: genes,
    })),
  );
  for (let count = 1; count < podCount; count *= 2) {
    const pods = new Set(largest.slice(0, count));
    const preferred = Uint8Array.from(offerPod, (pod) => (pods.has(pod) ? 1 : 0));
    seeds.push({ rate: 0, preferred, decided }, { rate: rates.length - 1, preferred, decided });
  }
  return seeds;
}
