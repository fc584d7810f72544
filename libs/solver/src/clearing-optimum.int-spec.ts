import {
  checkAllocation,
  clearMarket,
  columnsFromInstance,
  DEFAULT_CLEARING_PARAMETERS,
  parseClearingInstance,
  randomClearingDocument,
  type ClearingColumns,
  type ClearingParameters,
  type ClearingResult,
  type MilpSolver,
} from '@flexledger/domain';
import * as fc from 'fast-check';
import { loadHighsSolver } from './highs';
import { referenceModel } from './testing/reference-clearing';

/**
 * Goal: every path finds the lexicographic optimum, down to reliability and the log. Method: random
 * sessions; the same rules written down plainly, offer by offer and request by request, and solved
 * by HiGHS as one model, must give the same five numbers.
 */
const sessions = (hardShare: number) =>
  fc.record({
    seed: fc.nat(),
    mtus: fc.integer({ min: 1, max: 4 }),
    pods: fc.integer({ min: 1, max: 10 }),
    requests: fc.integer({ min: 1, max: 6 }),
    offers: fc.integer({ min: 1, max: 16 }),
    scopes: fc.constantFrom('nested' as const, 'overlapping' as const),
    hasCaps: fc.boolean(),
    hardShare: fc.constant(hardShare),
    hasReactive: fc.boolean(),
    priceLevels: fc.constantFrom(2, 30),
    hasMtuLimits: fc.boolean(),
  });

const weights = fc.constantFrom(
  { costWeight: 1, reliabilityWeight: 0 },
  { costWeight: 1, reliabilityWeight: 40 },
  { costWeight: 0, reliabilityWeight: 1 },
);

let solver: MilpSolver;
beforeAll(async () => {
  solver = await loadHighsSolver();
});

/** The five objectives of an outcome, each to be minimised. */
function objectives(
  columns: ClearingColumns,
  parameters: ClearingParameters,
  { allocation }: ClearingResult,
): number[] {
  const { totals, violations } = checkAllocation(columns, allocation);
  expect(violations).toEqual([]);
  const servedW = totals.dsoServedWMtu + totals.tsoServedWMtu;
  const unreliability = 1000 * servedW - Number(totals.reliabilityWMtu);
  const cost = parameters.costWeight * Number(totals.costWMtuPrice);
  let places = 0;
  for (const rows of allocation) {
    rows.offer.forEach((offer, row) => (places += offer * rows.quantityW[row]!));
  }
  return [
    0 - totals.dsoServedWMtu,
    0 - totals.tsoServedWMtu,
    cost + parameters.reliabilityWeight * unreliability,
    unreliability,
    places,
  ];
}

async function expectOptimum(
  options: Parameters<typeof randomClearingDocument>[0],
  chosen: { costWeight: number; reliabilityWeight: number },
): Promise<void> {
  const parameters = { ...DEFAULT_CLEARING_PARAMETERS, ...chosen };
  const instance = parseClearingInstance(randomClearingDocument(options));
  const columns = columnsFromInstance(instance);
  const result = await clearMarket(columns, parameters, solver);
  expect(result.gap).toBeNull();
  const found = objectives(columns, parameters, result);
  const { bounds } = await solver.solve(referenceModel(instance, parameters));
  // The plain model is harder on the solver's arithmetic: where it gives up, it proves nothing.
  const proven = bounds.slice(0, [...bounds, null].indexOf(null));
  fc.pre(proven.length > 0);
  expect(found.slice(0, proven.length)).toEqual(proven.map((bound) => Math.round(bound!) + 0));
}

describe('the optimum equals that of the plainly written rules', () => {
  it('for divisible offers, by merit order', async () => {
    await fc.assert(
      fc.asyncProperty(sessions(0), weights, async (options, chosen) =>
        expectOptimum(options, chosen),
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('for discrete, minimum-quantity, block and two-way offers, by MILP', async () => {
    await fc.assert(
      fc.asyncProperty(sessions(0.7), weights, async (options, chosen) =>
        expectOptimum(options, chosen),
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('where merit order alone would go wrong', () => {
  const offer = (more: object) => ({
    pod: 'A',
    pom: 'POM0',
    aggregator: 'AGG0',
    product: 'P',
    direction: 'up',
    kind: 'single',
    divisible: true,
    quantityW: [500],
    priceMicroEurPerKwh: [9],
    ...more,
  });
  const request = (more: object) => ({
    requester: 'TSO',
    product: 'P',
    direction: 'up',
    pom: 'POM0',
    quantityW: [500],
    priceCapMicroEurPerKwh: null,
    ...more,
  });
  const cleared = (requests: object[], offers: object[], parameters: object = {}) => {
    const columns = columnsFromInstance(
      parseClearingInstance({
        mtus: 1,
        podLimits: { A: { upW: 500, downW: 500 } },
        requests: requests.map((row, index) => ({ id: `R${index}`, ...row })),
        offers: offers.map((row, index) => ({ id: `O${index}`, ...row })),
      }),
    );
    return clearMarket(columns, { ...DEFAULT_CLEARING_PARAMETERS, ...parameters }, solver);
  };

  it('a PoD goes the way the DSO needs, though the TSO wants more of the other', async () => {
    const { totals, gap } = await cleared(
      [request({}), request({ requester: 'DSO', direction: 'down', quantityW: [100] })],
      [offer({}), offer({ direction: 'down' })],
    );
    expect(totals).toMatchObject({ dsoServedWMtu: 100, tsoServedWMtu: 0 });
    expect(gap).toBeNull();
  });

  it('a PoD keeps room for the offer under the cap, though a dearer one ranks better', async () => {
    const { totals, algorithm } = await cleared(
      [request({}), request({ requester: 'DSO', priceCapMicroEurPerKwh: 10 })],
      [
        offer({ priceMicroEurPerKwh: [12], reliability: 900 }),
        offer({ priceMicroEurPerKwh: [8], reliability: 300 }),
      ],
      { reliabilityWeight: 1 },
    );
    expect(algorithm).toBe('milp');
    expect(totals).toMatchObject({ dsoServedWMtu: 500, tsoServedWMtu: 0 });
  });

  it('a PoD sells active and reactive power within one limit, and in one direction', async () => {
    const cheap = offer({ product: 'Q', priceMicroEurPerKwh: [1] });
    const { totals, gap } = await cleared(
      [
        request({ product: 'Q' }),
        request({ requester: 'DSO', quantityW: [200] }),
        request({ product: 'Q', direction: 'down' }),
      ],
      [offer({}), cheap, offer({ product: 'Q', direction: 'down', priceMicroEurPerKwh: [0] })],
    );
    expect(totals).toMatchObject({
      dsoServedWMtu: 200,
      tsoServedWMtu: 300,
      costWMtuPrice: 200n * 9n + 300n,
    });
    expect(gap).toBeNull();
  });

  it('two small discrete offers replace a cheaper large one that does not fit', async () => {
    const { totals } = await cleared(
      [request({ requester: 'DSO', quantityW: [300] })],
      [
        offer({ quantityW: [250], divisible: false, priceMicroEurPerKwh: [1] }),
        offer({ quantityW: [200], divisible: false }),
        offer({ quantityW: [100], divisible: false }),
      ],
    );
    expect(totals).toMatchObject({ dsoServedWMtu: 300, costWMtuPrice: 2700n });
  });
});

describe('a session with hard offers', () => {
  it('is proven best where presolve finds the optimum and HiGHS tells no bound', async () => {
    const q = { product: 'Q', direction: 'up', requester: 'TSO' };
    const single = { ...q, kind: 'single', pom: 'POM0', divisible: true, pod: 'A' };
    const instance = parseClearingInstance({
      mtus: 1,
      podLimits: { A: { upW: 844, downW: 1225 }, B: { upW: 2421, downW: 78 } },
      requests: [
        { ...q, id: 'R0', pom: 'POM0', quantityW: [2594], priceCapMicroEurPerKwh: 139_121 },
        { ...q, id: 'R1', requester: 'DSO', pods: ['B'], quantityW: [3588] },
      ],
      offers: [
        { ...single, id: 'O0', quantityW: [702], priceMicroEurPerKwh: [119_043] },
        { ...single, id: 'O1', quantityW: [415], priceMicroEurPerKwh: [96_456] },
        {
          ...single,
          id: 'O2',
          quantityW: [1439],
          priceMicroEurPerKwh: [114_584],
          product: 'P',
          direction: 'down',
          minQuantityW: 200,
        },
        { ...single, id: 'O3', pod: 'B', quantityW: [151], priceMicroEurPerKwh: [143_210] },
      ].map(({ requester: _, ...offer }) => offer),
    });
    const columns = columnsFromInstance(instance);
    const { totals, gap } = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
    expect(totals).toMatchObject({
      dsoServedWMtu: 151,
      tsoServedWMtu: 844,
      costWMtuPrice: 151n * 143_210n + 415n * 96_456n + 429n * 119_043n,
    });
    expect(gap).toBeNull();
  });

  it('comes out byte for byte the same again', async () => {
    await fc.assert(
      fc.asyncProperty(sessions(0.7), async (options) => {
        const clear = () =>
          clearMarket(
            columnsFromInstance(parseClearingInstance(randomClearingDocument(options))),
            DEFAULT_CLEARING_PARAMETERS,
            solver,
          );
        expect(await clear()).toEqual(await clear());
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('needs a solver, and says so', async () => {
    const document = randomClearingDocument({
      seed: 2,
      mtus: 2,
      pods: 4,
      requests: 4,
      offers: 12,
      scopes: 'nested',
      hasCaps: false,
      hardShare: 1,
      hasReactive: false,
      priceLevels: 9,
    });
    const columns = columnsFromInstance(parseClearingInstance(document));
    await expect(clearMarket(columns, DEFAULT_CLEARING_PARAMETERS)).rejects.toThrow(
      /no solver was given; pass a MilpSolver/,
    );
  });
});
