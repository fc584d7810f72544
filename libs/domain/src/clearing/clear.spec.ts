import * as fc from 'fast-check';
import { checkAllocation } from './check';
import { clearByMeritOrder, clearMarket, DEFAULT_CLEARING_PARAMETERS } from './clear';
import type { ClearingParameters, ClearingResult } from './clear';
import { columnsFromInstance, OfferKind } from './columns';
import { BINDINGS } from './explain';
import { parseClearingInstance, type ClearingInstance } from './instance';
import type { SolveMilp } from './solver-port';
import { radialColumns } from './testing/radial-columns';
import { randomClearingDocument, type RandomInstanceOptions } from './testing/random-instance';
import { smallInstance } from './testing/small-instance';

/**
 * Goal: the market rules of DESIGN 8, as examples and as laws. That the outcome is the optimum is
 * proven against HiGHS in `libs/solver`; here, what every outcome must satisfy whatever the optimum.
 */
const PARAMETERS = DEFAULT_CLEARING_PARAMETERS;

function clear(
  instance: ClearingInstance,
  parameters: ClearingParameters = PARAMETERS,
): ClearingResult {
  const result = clearByMeritOrder(columnsFromInstance(instance), parameters);
  if (result === null) throw new Error('this session needs a solver');
  return result;
}

/** Accepted parts as text: `offer>request@mtu quantity`. */
function rowsOf(instance: ClearingInstance, { allocation }: ClearingResult): string[] {
  return allocation.flatMap((rows, mtu) =>
    Array.from(rows.offer, (offer, row) => {
      const request = instance.requests[rows.request[row]!]!.id;
      return `${instance.offers[offer]!.id}>${request}@${mtu} ${rows.quantityW[row]}`;
    }),
  );
}

const offer = (pod: string, quantityW: number, price: number, more: object = {}) => ({
  pod,
  quantityW: [quantityW],
  priceMicroEurPerKwh: [price],
  ...more,
});

describe('merit order', () => {
  const cases: [string, ClearingInstance, string[]][] = [
    [
      'takes the cheapest first, and of the last what is still asked for',
      smallInstance(
        [{ quantityW: [250] }],
        [offer('A', 200, 9), offer('B', 100, 5), offer('C', 80, 7)],
      ),
      ['O0>R0@0 70', 'O1>R0@0 100', 'O2>R0@0 80'],
    ],
    [
      'breaks ties of price by reliability, then by the log',
      smallInstance(
        [{ quantityW: [150] }],
        [offer('A', 100, 5), offer('B', 100, 5), offer('C', 100, 5, { reliability: 900 })],
      ),
      ['O0>R0@0 50', 'O2>R0@0 100'],
    ],
    [
      'serves the smallest scope first, so that the larger one can still be served',
      smallInstance(
        [{ quantityW: [100] }, { pods: ['A'], quantityW: [100] }],
        [offer('A', 100, 1), offer('B', 100, 9)],
      ),
      ['O0>R1@0 100', 'O1>R0@0 100'],
    ],
    [
      'serves the DSO before the TSO, at the same offers',
      smallInstance(
        [
          { requester: 'TSO', pods: ['A'], quantityW: [100] },
          { pods: ['A', 'B'], quantityW: [100] },
        ],
        [offer('A', 60, 1), offer('B', 30, 9)],
      ),
      ['O0>R1@0 60', 'O1>R1@0 30'],
    ],
    [
      'gives what the DSO leaves to the TSO',
      smallInstance(
        [
          { requester: 'TSO', quantityW: [100] },
          { pods: ['A'], quantityW: [40] },
        ],
        [offer('A', 60, 1), offer('B', 30, 9)],
      ),
      ['O0>R0@0 20', 'O0>R1@0 40', 'O1>R0@0 30'],
    ],
    [
      'moves an accepted offer to another request where scopes overlap',
      smallInstance(
        [
          { pods: ['A', 'B'], quantityW: [100] },
          { pods: ['B', 'C'], quantityW: [100] },
          { pods: ['C', 'D'], quantityW: [100] },
        ],
        [offer('B', 100, 1), offer('C', 100, 2), offer('A', 100, 3)],
      ),
      ['O0>R1@0 100', 'O1>R2@0 100', 'O2>R0@0 100'],
    ],
    [
      'keeps offers above a cap away from that request only',
      smallInstance(
        [
          { pods: ['A'], quantityW: [50], priceCapMicroEurPerKwh: 10 },
          { pods: ['A'], quantityW: [50] },
        ],
        [offer('A', 30, 10), offer('A', 90, 11)],
      ),
      ['O0>R0@0 30', 'O1>R1@0 50'],
    ],
    [
      "accepts of a PoD's offers together no more than its limit, the cheapest first",
      smallInstance([{ quantityW: [900] }], [offer('A', 300, 9), offer('A', 300, 5)], {
        A: { upW: 400, downW: 0 },
      }),
      ['O0>R0@0 100', 'O1>R0@0 300'],
    ],
    [
      'keeps directions and products apart',
      smallInstance(
        [
          { direction: 'down', quantityW: [50] },
          { product: 'Q', quantityW: [50] },
        ],
        [
          offer('A', 70, 1),
          offer('B', 70, 2, { direction: 'down' }),
          offer('C', 70, 3, { product: 'Q' }),
        ],
      ),
      ['O1>R0@0 50', 'O2>R1@0 50'],
    ],
    [
      'finds the PoDs of a PoM by the offers under it',
      smallInstance([{ pom: 'POM1', quantityW: [500] }], [offer('A', 70, 1), offer('E', 60, 9)]),
      ['O1>R0@0 60'],
    ],
    ['has nothing to do without offers', smallInstance([{ quantityW: [500] }], []), []],
    ['has nothing to do without requests', smallInstance([], [offer('A', 70, 1)]), []],
  ];

  it.each(cases)('%s', (_rule, instance, expected) => {
    expect(rowsOf(instance, clear(instance))).toEqual(expected);
  });

  it('ranks by price and reliability in the proportion of the weights', () => {
    const instance = smallInstance(
      [{ quantityW: [100] }],
      [offer('A', 100, 1000, { reliability: 300 }), offer('B', 100, 1200, { reliability: 800 })],
    );
    const accepted = (reliabilityWeight: number): string[] =>
      rowsOf(instance, clear(instance, { ...PARAMETERS, reliabilityWeight }));
    expect(accepted(0)).toEqual(['O0>R0@0 100']);
    expect(accepted(1)).toEqual(['O1>R0@0 100']);
  });

  it.each([
    ['costWeight', { costWeight: 0, reliabilityWeight: 0 }],
    ['costWeight', { costWeight: 1.5 }],
    ['reliabilityWeight', { reliabilityWeight: -1 }],
    ['timeLimitSeconds', { timeLimitSeconds: 0 }],
    ['weights are too large', { costWeight: 2 ** 31, reliabilityWeight: 1 }],
  ])('refuses parameters out of range: %s', (name, change) => {
    const instance = smallInstance([{ quantityW: [5] }], [offer('A', 70, 9)]);
    expect(() => clear(instance, { ...PARAMETERS, ...change })).toThrow(name);
  });
});

const divisible = fc.record({
  seed: fc.nat(),
  mtus: fc.integer({ min: 1, max: 5 }),
  pods: fc.integer({ min: 1, max: 40 }),
  requests: fc.integer({ min: 0, max: 10 }),
  offers: fc.integer({ min: 0, max: 60 }),
  scopes: fc.constantFrom('nested' as const, 'overlapping' as const),
  hasCaps: fc.boolean(),
  hardShare: fc.constant(0),
  hasReactive: fc.boolean(),
  priceLevels: fc.constantFrom(2, 400),
});

const instanceOf = (options: RandomInstanceOptions): ClearingInstance =>
  parseClearingInstance(randomClearingDocument(options));

/** The instance with its offers and requests in another order of arrival. */
function shuffled(instance: ClearingInstance, salt: number): ClearingInstance {
  const place = (id: string): number =>
    [...`${salt}${id}`].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) % 1_000_003, 7);
  const byHash = <Row extends { id: string }>(rows: readonly Row[]): Row[] =>
    [...rows].sort((a, b) => place(a.id) - place(b.id) || (a.id < b.id ? -1 : 1));
  return { ...instance, offers: byHash(instance.offers), requests: byHash(instance.requests) };
}

describe('every clearing', () => {
  it('breaks no rule: no watt sold twice, no request over-served, no limit or cap passed', () => {
    fc.assert(
      fc.property(divisible, (options) => {
        const columns = columnsFromInstance(instanceOf(options));
        const { allocation } = clearByMeritOrder(columns, PARAMETERS)!;
        expect(checkAllocation(columns, allocation).violations).toEqual([]);
      }),
    );
  });

  it('comes out byte for byte the same again', () => {
    fc.assert(
      fc.property(divisible, (options) => {
        expect(clear(instanceOf(options))).toEqual(clear(instanceOf(options)));
      }),
    );
  });

  it('has totals that do not depend on the order of arrival', () => {
    fc.assert(
      fc.property(divisible, fc.nat(), (options, salt) => {
        const instance = instanceOf(options);
        expect(clear(shuffled(instance, salt)).totals).toEqual(clear(instance).totals);
      }),
    );
  });

  it('accepts the same of each offer in any order of arrival, unless price and reliability tie', () => {
    fc.assert(
      fc.property(divisible, fc.nat(), (options, salt) => {
        const instance = instanceOf(options);
        const distinct = {
          ...instance,
          offers: instance.offers.map((row, index) => ({
            ...row,
            priceMicroEurPerKwh: (row.priceMicroEurPerKwh as number[]).map((p) => p + index),
          })) as ClearingInstance['offers'],
        };
        const accepted = (of: ClearingInstance): Record<string, number> => {
          const sums: Record<string, number> = {};
          clear(of).allocation.forEach((rows, mtu) =>
            rows.offer.forEach((index, row) => {
              const key = `${of.offers[index]!.id}@${mtu}`;
              sums[key] = (sums[key] ?? 0) + rows.quantityW[row]!;
            }),
          );
          return sums;
        };
        expect(accepted(shuffled(distinct, salt))).toEqual(accepted(distinct));
      }),
    );
  });

  it('never serves a DSO less because the TSO asks for more', () => {
    fc.assert(
      fc.property(divisible, (options) => {
        const instance = instanceOf(options);
        const dsoOnly = instance.requests.filter(({ requester }) => requester === 'DSO');
        const alone = clear({ ...instance, requests: dsoOnly });
        expect(clear(instance).totals.dsoServedWMtu).toBe(alone.totals.dsoServedWMtu);
      }),
    );
  });

  it('can be checked for optimality by its explanation: no divisible offer is left for no reason', () => {
    fc.assert(
      fc.property(divisible, (options) => {
        const { binding } = clear(instanceOf(options)).requests;
        const names = new Set([...binding].map((code) => BINDINGS[code]));
        expect(names).not.toContain('discrete');
      }),
    );
  });

  it('holds for a large radial session too', () => {
    const columns = radialColumns({ seed: 3, mtus: 4, pods: 3000, dsoRequests: 60 });
    const result = clearByMeritOrder(columns, PARAMETERS)!;
    expect(result.algorithm).toBe('nested-merit-order');
    expect(checkAllocation(columns, result.allocation).violations).toEqual([]);
    expect(result.totals.dsoServedWMtu).toBeGreaterThan(0);
    expect(result.totals.tsoServedWMtu).toBeGreaterThan(0);
  });
});

/** A solver that cannot solve anything, and one that answers nonsense. */
const tired: SolveMilp = async (model) => ({
  columnValue: null,
  bounds: model.objectives.map(() => null),
  elapsedSeconds: model.limits.timeLimitSeconds,
});
const wrong: SolveMilp = async (model) => ({
  columnValue: Float64Array.from(model.columnUpper),
  bounds: model.objectives.map(() => -1),
  elapsedSeconds: 0,
});

describe('a session whose solver fails', () => {
  const hard = divisible.map((options) => ({ ...options, hardShare: 0.6 }));

  it.each([
    ['finds nothing in time', tired],
    ['answers what does not fit', wrong],
  ])('still ends within the rules when the solver %s', async (_what, solve) => {
    await fc.assert(
      fc.asyncProperty(hard, async (options) => {
        const columns = columnsFromInstance(instanceOf(options));
        const { allocation } = await clearMarket(columns, PARAMETERS, { name: 'none', solve });
        expect(checkAllocation(columns, allocation).violations).toEqual([]);
      }),
    );
  });

  it('records how much better it could be', async () => {
    // 300 W whole does not fit into 250 W: nothing is served where 100 W could be.
    const instance = smallInstance(
      [{ quantityW: [250] }],
      [offer('A', 300, 1, { divisible: false }), offer('B', 100, 9, { divisible: false })],
    );
    const columns = columnsFromInstance(instance);
    const result = await clearMarket(columns, PARAMETERS, { name: 'none', solve: tired });
    expect(result).toMatchObject({ algorithm: 'milp', solver: 'none' });
    expect(result.totals.dsoServedWMtu).toBe(0);
    expect(result.gap).toEqual({ objective: 'dsoServed', perMille: 250_000 });
  });

  it('asks no solver about a part too large for one, and comes close all the same', async () => {
    const pods = 14_000;
    const columns = radialColumns({ seed: 5, mtus: 96, pods, dsoRequests: 6 });
    for (let offer = 0; offer < pods; offer += 10) {
      columns.offerKind[offer] = OfferKind.block;
      columns.blockDurationMtus[offer] = 2;
      columns.blockLastMtu[offer] = 95;
      for (let mtu = 0; mtu < 96; mtu += 1) columns.quantityW[mtu * pods + offer] = 200;
    }
    const solve: SolveMilp = () => Promise.reject(new Error('asked all the same'));
    const { allocation, gap } = await clearMarket(columns, PARAMETERS, { name: 'x', solve });
    expect(checkAllocation(columns, allocation).violations).toEqual([]);
    expect(gap!.perMille).toBeLessThan(100);
  });

  it('needs no solver where indivisible offers happen to fit', async () => {
    const instance = smallInstance(
      [{ quantityW: [300] }],
      [offer('A', 200, 1, { divisible: false }), offer('B', 100, 9, { divisible: false })],
    );
    const solve: SolveMilp = () => Promise.reject(new Error('asked all the same'));
    const result = await clearMarket(columnsFromInstance(instance), PARAMETERS, {
      name: 'x',
      solve,
    });
    expect(result.gap).toBeNull();
    expect(result.totals.dsoServedWMtu).toBe(300);
  });
});
