/**
 * Goal: the front is what an exact search finds. Method: on small instances, every set of PoDs is
 * tried with everybody else left out; and where every offer is one watt, every allocation.
 */
import { checkAllocation } from '../clearing/check';
import { clearByMeritOrder, DEFAULT_CLEARING_PARAMETERS } from '../clearing/clear';
import { type ClearingColumns, columnsFromInstance } from '../clearing/columns';
import { parseClearingInstance } from '../clearing/instance';
import { mulberry32, randomClearingDocument } from '../clearing/testing/random-instance';
import { smallInstance } from '../clearing/testing/small-instance';
import { type ParetoPoint, paretoFront as frontFrom } from './clearing-front';
import { dominates } from './nsga2';

/** The front of divisible offers, beside the optimum of merit order. */
const paretoFront = (columns: ClearingColumns, random: () => number): ParetoPoint[] =>
  frontFrom(columns, clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS)!.allocation, {
    random,
  });

type Point = readonly number[];

const pointOf = ({ costWMtuPrice, unreliabilityWMtu, podsActivated }: ParetoPoint): Point => [
  Number(costWMtuPrice),
  unreliabilityWMtu,
  podsActivated,
];

/** Those that no other point dominates, each once, in order. */
function frontOf(points: readonly Point[]): Point[] {
  const distinct = [...new Map(points.map((point) => [point.join(), point])).values()];
  const rated = distinct.map((objectives) => ({ objectives, shortfall: 0 }));
  return rated
    .filter((a) => !rated.some((b) => dominates(b, a)))
    .map(({ objectives }) => objectives)
    .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!);
}

function randomColumns(seed: number): ClearingColumns {
  const document = randomClearingDocument({
    seed,
    mtus: 2,
    pods: 7,
    requests: 4,
    offers: 9,
    scopes: 'overlapping',
    hasCaps: false,
    hardShare: 0,
    hasReactive: false,
    priceLevels: 30,
    hasMtuLimits: seed % 2 === 0,
  });
  return columnsFromInstance(parseClearingInstance(document));
}

/** Weight pairs on a grid finer than any two prices and reliabilities of the random instances lie apart. */
const WEIGHTS = [
  ...[0, 1, 3, 7, 13, 20, 30, 50, 80, 120, 180, 250, 350, 500, 800].map((reliabilityWeight) => ({
    costWeight: 1,
    reliabilityWeight,
  })),
  { costWeight: 0, reliabilityWeight: 1 },
];

/** For each number of PoDs and each weight pair: the least weighted value with no more PoDs than that. */
function exactLeast(columns: ClearingColumns): Map<string, number> {
  const { podCount, offerCount, offerPod } = columns;
  const best = clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS)!.totals;
  const least = new Map<string, number>();
  for (let set = 0; set < 2 ** podCount; set += 1) {
    const isIn = (pod: number): boolean => ((set >>> pod) & 1) === 1;
    const quantityW = columns.quantityW.map((watts, at) =>
      isIn(offerPod[at % offerCount]!) ? watts : 0,
    );
    const pods = Array.from({ length: podCount }, (_, pod) => pod).filter(isIn).length;
    for (const weights of WEIGHTS) {
      const parameters = { ...DEFAULT_CLEARING_PARAMETERS, ...weights };
      const { totals } = clearByMeritOrder({ ...columns, quantityW }, parameters)!;
      const isFull =
        totals.dsoServedWMtu === best.dsoServedWMtu && totals.tsoServedWMtu === best.tsoServedWMtu;
      if (!isFull) break;
      const servedW = totals.dsoServedWMtu + totals.tsoServedWMtu;
      const unreliability = 1000 * servedW - Number(totals.reliabilityWMtu);
      const value = weighted(weights, [Number(totals.costWMtuPrice), unreliability]);
      for (let most = pods; most <= podCount; most += 1) {
        const key = JSON.stringify([most, weights]);
        least.set(key, Math.min(value, least.get(key) ?? Infinity));
      }
    }
  }
  return least;
}

function weighted(
  { costWeight, reliabilityWeight }: (typeof WEIGHTS)[number],
  point: Point,
): number {
  return costWeight * point[0]! + reliabilityWeight * point[1]!;
}

describe('the Pareto front of a clearing', () => {
  it.each([1, 2, 3, 4, 5])(
    'has, with so many PoDs, the least of every weighing of cost and reliability (instance %i)',
    (seed) => {
      const columns = randomColumns(seed);
      const points = paretoFront(columns, mulberry32(seed)).map(pointOf);
      const found = new Map(
        [...exactLeast(columns).keys()].map((key) => {
          const [most, weights] = JSON.parse(key) as [number, (typeof WEIGHTS)[number]];
          const values = points
            .filter((point) => point[2]! <= most)
            .map((point) => weighted(weights, point));
          return [key, Math.min(...values)];
        }),
      );
      expect(points.length).toBeGreaterThan(1);
      expect(found).toEqual(exactLeast(columns));
    },
  );

  it.each([1, 2, 3])(
    'is all that no other allocation beats, where each offer is one watt (instance %i)',
    (seed) => {
      const draw = mulberry32(seed);
      const offers = [...'AABBCCDDDA'].map((pod) => ({
        pod,
        quantityW: [1],
        reliability: 100 * Math.floor(draw() * 10),
        priceMicroEurPerKwh: [1 + Math.floor(draw() * 40)],
      }));
      const all: Point[] = [];
      for (let set = 0; set < 2 ** offers.length; set += 1) {
        const chosen = offers.filter((_, offer) => (set >>> offer) & 1);
        if (chosen.length !== 5) continue;
        all.push([
          chosen.reduce((sum, { priceMicroEurPerKwh }) => sum + priceMicroEurPerKwh[0]!, 0),
          chosen.reduce((sum, { reliability }) => sum + 1000 - reliability, 0),
          new Set(chosen.map(({ pod }) => pod)).size,
        ]);
      }
      const columns = columnsFromInstance(smallInstance([{ quantityW: [5] }], offers));
      expect(paretoFront(columns, mulberry32(seed)).map(pointOf)).toEqual(frontOf(all));
    },
  );

  it('holds allocations that keep the rules and serve as much as clearing does', () => {
    const columns = randomColumns(2);
    const best = clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS)!.totals;
    const points = paretoFront(columns, mulberry32(1));
    for (const point of points) {
      const { violations, totals } = checkAllocation(columns, point.allocation);
      expect(violations).toEqual([]);
      expect(totals).toMatchObject({
        dsoServedWMtu: best.dsoServedWMtu,
        tsoServedWMtu: best.tsoServedWMtu,
      });
      expect(totals.costWMtuPrice).toBe(point.costWMtuPrice);
    }
    expect(points[0]!.costWMtuPrice).toBe(best.costWMtuPrice);
    expect(frontOf(points.map(pointOf))).toEqual(points.map(pointOf));
  });

  it('is the same again for the same seed', () => {
    const front = () => paretoFront(randomColumns(3), mulberry32(5));
    expect(front()).toEqual(front());
  });

  it('is one point where there is nothing to choose', () => {
    const columns = columnsFromInstance(smallInstance([{ quantityW: [0] }], []));
    expect(paretoFront(columns, mulberry32(1))).toMatchObject([
      { costWMtuPrice: 0n, unreliabilityWMtu: 0, podsActivated: 0, reliabilityPerMille: null },
    ]);
  });
});
