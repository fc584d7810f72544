/**
 * Goal: with discrete, minimum-quantity, block and two-way offers the front begins with the exact
 * optimum and breaks no rule; and where an exhaustive search can tell the whole front, it is that one.
 */
import {
  checkAllocation,
  clearMarket,
  columnsFromInstance,
  DEFAULT_CLEARING_PARAMETERS,
  mulberry32,
  paretoFront,
  parseClearingInstance,
  randomClearingDocument,
  type ClearingColumns,
  type ObjectiveFunction,
  type ParetoPoint,
} from '@flexledger/domain';
import { loadHighsSolver } from './highs';

/** Long enough that an exact front can be expected of so small an instance. */
const THOROUGH = { populationSize: 150, generations: 60 };

async function frontOf(
  columns: ClearingColumns,
  seed: number,
  objectives?: readonly ObjectiveFunction[],
) {
  const solver = await loadHighsSolver();
  const optimum = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
  expect(optimum.gap).toBeNull();
  const search = { random: mulberry32(seed), ...(objectives && { objectives, effort: THOROUGH }) };
  return { optimum, points: paretoFront(columns, optimum.allocation, search) };
}

describe.each([1, 2, 3, 4, 5, 6])(
  'an order book with every kind of offer (instance %i)',
  (seed) => {
    const columns = columnsFromInstance(
      parseClearingInstance(
        randomClearingDocument({
          seed,
          mtus: 3,
          pods: 8,
          requests: 4,
          offers: 16,
          scopes: seed % 2 === 0 ? 'nested' : 'overlapping',
          hasCaps: seed % 3 === 0,
          hardShare: 0.5,
          hasReactive: seed % 2 === 1,
          priceLevels: 30,
        }),
      ),
    );

    it('has the exact optimum as its cheapest, and serves as much in every point', async () => {
      const { optimum, points } = await frontOf(columns, seed);
      const { costWMtuPrice, ...served } = optimum.totals;
      expect(points[0]!.costWMtuPrice).toBe(costWMtuPrice);
      for (const { allocation } of points) {
        const { violations, totals } = checkAllocation(columns, allocation);
        expect(violations).toEqual([]);
        expect(totals).toMatchObject({
          dsoServedWMtu: served.dsoServedWMtu,
          tsoServedWMtu: served.tsoServedWMtu,
        });
      }
    });

    it('has as its most reliable what clearing by reliability alone finds', async () => {
      const solver = await loadHighsSolver();
      const weights = { costWeight: 0, reliabilityWeight: 1 };
      const parameters = { ...DEFAULT_CLEARING_PARAMETERS, ...weights };
      const { totals } = await clearMarket(columns, parameters, solver);
      const servedW = totals.dsoServedWMtu + totals.tsoServedWMtu;
      const { points } = await frontOf(columns, seed);
      const least = Math.min(...points.map(({ unreliabilityWMtu }) => unreliabilityWMtu));
      expect(least).toBe(1000 * servedW - Number(totals.reliabilityWMtu));
    });
  },
);

/** Offers that are sold whole, and blocks of two of the four MTUs; 300 W are asked for in each MTU. */
function indivisible(seed: number) {
  const draw = mulberry32(seed);
  const reliability = () => 100 * (1 + Math.floor(draw() * 9));
  const price = () => 10 + Math.floor(draw() * 40);
  const active = { product: 'P', direction: 'up' };
  const base = (index: number, pod: string) => ({
    ...{ id: `o${index}`, pod, pom: 'POM', aggregator: 'A', reliability: reliability() },
    ...active,
    minQuantityW: 0,
    divisible: false,
  });
  const singles = ['A', 'B', 'C', 'D', 'A'].map((pod, index) => ({
    ...base(index, pod),
    kind: 'single',
    quantityW: [index, index + 1, index + 2, index + 3].map((at) => (at % 2 === 0 ? 100 : 200)),
    priceMicroEurPerKwh: [price(), price(), price(), price()],
  }));
  const blocks = ['E', 'F'].map((pod, index) => ({
    ...base(5 + index, pod),
    kind: 'block',
    quantityW: 100,
    priceMicroEurPerKwh: price(),
    durationMtus: 2,
    window: [0, 3],
    energyLimitWh: null,
  }));
  return parseClearingInstance({
    mtus: 4,
    podLimits: Object.fromEntries([...'ABCDEF'].map((pod) => [pod, { upW: 400, downW: 0 }])),
    requests: [
      { id: 'r', requester: 'DSO', pom: 'POM', ...active, quantityW: [300, 300, 300, 300] },
    ],
    offers: [...singles, ...blocks],
  });
}

/** Cost, unreliability, PoDs and highest price of every allocation that serves all that is asked for. */
function everything(seed: number): number[][] {
  const { offers } = indivisible(seed);
  const starts = [-1, 0, 1, 2];
  const reached = new Map<string, number[]>();
  for (const e of starts) {
    for (const f of starts) {
      // By MTU, the sets of offers that come to 300 W; then every combination of them.
      const byMtu = [0, 1, 2, 3].map((mtu) => {
        const running = [e, f].flatMap((start, index) =>
          start >= 0 && mtu >= start && mtu < start + 2 ? [5 + index] : [],
        );
        return Array.from({ length: 32 }, (_, set) => [
          ...[0, 1, 2, 3, 4].filter((offer) => (set >>> offer) & 1),
          ...running,
        ]).flatMap((chosen) => {
          const parts = chosen.map((index) => {
            const { pod, reliability, quantityW, priceMicroEurPerKwh } = offers[index]!;
            const at = <Of>(value: Of | ArrayLike<Of>): Of =>
              typeof value === 'object' ? (value as ArrayLike<Of>)[mtu]! : (value as Of);
            const [watts, price] = [at<number>(quantityW), at<number>(priceMicroEurPerKwh)];
            return { pod, watts, price, unreliability: 1000 - reliability };
          });
          const sum = (of: (part: (typeof parts)[number]) => number) =>
            parts.reduce((total, part) => total + of(part), 0);
          if (sum(({ watts }) => watts) !== 300) return [];
          return [
            {
              cost: sum(({ watts, price }) => watts * price),
              unreliability: sum(({ watts, unreliability }) => watts * unreliability),
              pods: parts.reduce((bits, { pod }) => bits | (1 << 'ABCDEF'.indexOf(pod)), 0),
              dearest: Math.max(...parts.map(({ price }) => price)),
            },
          ];
        });
      });
      let sums = [{ cost: 0, unreliability: 0, pods: 0, dearest: 0 }];
      for (const options of byMtu) {
        const next = sums.flatMap((sum) =>
          options.map((one) => ({
            cost: sum.cost + one.cost,
            unreliability: sum.unreliability + one.unreliability,
            pods: sum.pods | one.pods,
            dearest: Math.max(sum.dearest, one.dearest),
          })),
        );
        sums = [...new Map(next.map((sum) => [Object.values(sum).join(), sum])).values()];
      }
      for (const { cost, unreliability, pods, dearest } of sums) {
        const count = [...pods.toString(2)].filter((bit) => bit === '1').length;
        const point = [cost, unreliability, count, dearest];
        reached.set(point.join(), point);
      }
    }
  }
  return [...reached.values()];
}

/** Those that none beats in the objectives at these places, each combination once. */
function unbeaten(points: readonly number[][], places: readonly number[]): number[][] {
  const told = points.map((point) => places.map((place) => point[place]!));
  const distinct = [...new Map(told.map((point) => [point.join(), point])).values()];
  const sorted = distinct.sort((a, b) => {
    const at = a.findIndex((value, index) => value !== b[index]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  });
  const front: number[][] = [];
  // Sorted, so that who beats a point stands before it.
  for (const point of sorted) {
    const isBeaten = front.some((other) => other.every((value, at) => value <= point[at]!));
    if (!isBeaten) front.push(point);
  }
  return front;
}

const valuesOf = ({ costWMtuPrice, ...point }: ParetoPoint): number[] => [
  Number(costWMtuPrice),
  point.unreliabilityWMtu,
  point.podsActivated,
  point.dearestMicroEurPerKwh,
];

it.each([1, 2, 3, 4])(
  'of offers that are sold whole or as blocks it is the exact front in cost and PoDs (instance %i)',
  async (seed) => {
    const columns = columnsFromInstance(indivisible(seed));
    const { points } = await frontOf(columns, seed, ['cost', 'podsActivated']);
    const found = points.map(valuesOf).map(([cost, , pods]) => [cost, pods]);
    expect(found).toEqual(unbeaten(everything(seed), [0, 2]));
  },
);

it.each([1, 2, 3])(
  'for each point of the exact front it finds one that is at most a tenth worse in any objective (instance %i)',
  async (seed) => {
    const columns = columnsFromInstance(indivisible(seed));
    const { points } = await frontOf(columns, seed, ['cost', 'unreliability', 'dearestPrice']);
    const found = points
      .map(valuesOf)
      .map(([cost, unreliability, , dearest]) => [...[cost!, unreliability!, dearest!]]);
    const exact = unbeaten(everything(seed), [0, 1, 3]);
    const worst = exact.map((point) =>
      Math.min(...found.map((one) => Math.max(...one.map((value, at) => value / point[at]!)))),
    );
    expect(Math.max(...worst)).toBeLessThan(1.1);
    // Nothing is better than the exact front.
    expect(unbeaten([...exact, ...found], [0, 1, 2])).toEqual(exact);
  },
);
