/** The indicators by hand-made examples of few MTUs, then the laws that adding up rests on. */
import fc from 'fast-check';
import type { FlexibilityOffer } from '../market-session/events';
import type { SettlementRow } from '../settlement/events';
import { row } from '../testing/session-story';
import { customerRows, tallyRows } from './kpi';
import { type RatioMean, NO_RATIO, addMeans, basisPoints, meanOf, withPeriod } from './ratio-mean';
import {
  EMPTY_TALLY,
  type KpiSession,
  type KpiTally,
  type PodFacts,
  addTallies,
  createSessionKpis,
  offeredByService,
  podTally,
  requestedByService,
} from './session-kpis';

const MTUS = 4;
const single = (quantityW: number[], change: Partial<FlexibilityOffer> = {}): FlexibilityOffer =>
  ({
    kind: 'single',
    offerId: 'o',
    podId: 'A',
    product: 'P',
    direction: 'up',
    quantityW,
    priceMicroEurPerKwh: quantityW.map(() => 1),
    divisible: true,
    minQuantityW: 0,
    ...change,
  }) as FlexibilityOffer;

const pod = (change: Partial<PodFacts> = {}): PodFacts => ({
  podId: 'A',
  busId: 'bus-1',
  offers: [],
  baselineW: undefined,
  forecastW: undefined,
  measuredW: [null, null, null, null],
  activated: undefined,
  settled: [],
  ...change,
});
const settled = (change: Partial<SettlementRow>): SettlementRow => ({
  ...row({ acceptedW: [1_000, 1_000, 1_000, 1_000] }),
  baselineW: [0, 0, 0, 0],
  measuredW: [0, 0, 0, 0],
  deliveredW: [0, 0, 0, 0],
  paidMicroEur: [0, 0, 0, 0],
  penaltyMicroEur: [0, 0, 0, 0],
  ...change,
});

type Request = Parameters<typeof requestedByService>[0][number];
const request = (service: `${'P' | 'Q'}/${'up' | 'down'}`, quantityW: number[]): Request => {
  const [product, direction] = service.split('/') as [Request['product'], Request['direction']];
  return { product, direction, quantityW };
};
const sessionOf = (requests: readonly Request[] = []): KpiSession => ({
  ...({ kind: 'dayAhead', mtuCount: MTUS } as const),
  requestedW: requestedByService(requests, MTUS),
});

function tallyOf(pods: readonly PodFacts[], requests: readonly Request[] = []): KpiTally {
  const kpis = createSessionKpis(sessionOf(requests));
  for (const facts of pods) kpis.pod(facts);
  return kpis.tally();
}
/** Percent and periods. */
const told = (mean: RatioMean) => [
  meanOf(mean) === null ? null : meanOf(mean)! / 100,
  mean.periods,
];

describe('availability (KPI_PR_03)', () => {
  it('is what is offered over the baseline of those who offer, meaned over the MTUs', () => {
    const { availability } = tallyOf([
      pod({ offers: [single([200, 0, 500, 0])], baselineW: [1_000, 1_000, 1_000, 1_000] }),
      pod({ offers: [single([100, 100, 0, 0])], baselineW: [500, 1_000, 1_000, 1_000] }),
      pod({ podId: 'silent', baselineW: [9_000, 9_000, 9_000, 9_000] }),
    ]);
    // 300 of 1,500, then 100, 500 and nothing of 2,000.
    expect(told(availability['P/up'])).toEqual([12.5, 4]);
    expect(told(availability['P/down'])).toEqual([null, 0]);
  });

  it('is of both directions apart, and of PoDs that feed in too', () => {
    const { availability } = tallyOf([
      pod({
        offers: [single([300, 0, 0, 0], { direction: 'down' })],
        baselineW: [-1_000, 0, 0, 0],
      }),
    ]);
    expect(told(availability['P/down'])).toEqual([30, 1]);
  });

  it('knows nothing of PoDs without a baseline, or with one of zero', () => {
    const { availability } = tallyOf([
      pod({ offers: [single([300, 300, 0, 0])] }),
      pod({ offers: [single([100, 100, 0, 0])], baselineW: [0, 1_000, 0, 0] }),
    ]);
    expect(told(availability['P/up'])).toEqual([10, 1]);
  });

  it('exceeds the whole where batteries move more than is drawn', () => {
    const { availability } = tallyOf([
      pod({ offers: [single([900, 900, 900, 900])], baselineW: [300, 300, 300, 300] }),
    ]);
    expect(told(availability['P/up'])).toEqual([300, 4]);
  });
});

it('availability of reactive power is over its own baseline, and is shown where there is one', () => {
  const offers = [single([300, 0, 0, 0], { product: 'Q' })];
  const baselineVar = [-1_000, 500, 0, 0];
  const tally = tallyOf([pod({ offers, baselineW: [9_000, 9_000, 9_000, 9_000], baselineVar })]);
  expect(told(tally.availability['Q/up'])).toEqual([15, 2]);
  expect(told(tally.availability['P/up'])).toEqual([null, 0]);
  const rows = tallyRows({ scope: 'day', id: 'd' }, tally).filter(({ kpi }) => kpi === 'KPI_PR_03');
  expect(rows.map(({ product, direction }) => `${product}/${direction}`)).toEqual([
    'P/up',
    'P/down',
    'Q/up',
  ]);
  const without = tallyOf([pod({ offers, baselineW: [9_000, 9_000, 9_000, 9_000] })]);
  expect(told(without.availability['Q/up'])).toEqual([null, 0]);
});

describe('effectiveness (KPI_PR_04)', () => {
  it('is the mean over those who sold, within each MTU first', () => {
    const { effectiveness } = tallyOf([
      pod({ settled: [settled({ deliveredW: [1_000, 500, 0, 0] })] }),
      pod({ settled: [settled({ acceptedW: [500, 0, 0, 0], deliveredW: [0, 0, 0, 0] })] }),
    ]);
    // 50, 50, 0, 0
    expect(told(effectiveness.P)).toEqual([25, 4]);
  });

  it('of a PoD with several rows is that of their sum', () => {
    const { effectiveness } = tallyOf([
      pod({
        settled: [
          settled({ acceptedW: [300], deliveredW: [300], measuredW: [0] }),
          settled({ acceptedW: [100], deliveredW: [0], measuredW: [0] }),
        ],
      }),
    ]);
    expect(told(effectiveness.P)).toEqual([75, 1]);
  });

  it('knows nothing of what was not measured', () => {
    const { effectiveness } = tallyOf([
      pod({
        settled: [settled({ measuredW: [null, 0, null, null], deliveredW: [0, 1_000, 0, 0] })],
      }),
    ]);
    expect(told(effectiveness.P)).toEqual([100, 1]);
  });
});

describe('liquidity (KPI_IT_01)', () => {
  it('is offered over requested, in each service and MTU with a request', () => {
    const { liquidity } = tallyOf(
      [pod({ offers: [single([200, 0, 500, 600])] }), pod({ offers: [single([100, 0, 0, 0])] })],
      [
        request('P/up', [100, 100, 0, 0]),
        request('P/up', [50, 0, 0, 0]),
        request('Q/down', [1, 0, 0, 0]),
      ],
    );
    // 300 of 150, 0 of 100
    expect(told(liquidity['P/up'])).toEqual([100, 2]);
    expect(told(liquidity['Q/down'])).toEqual([0, 1]);
    expect(told(liquidity['P/down'])).toEqual([null, 0]);
  });

  it('counts a flexible block by its energy, evenly over its window', () => {
    const block: FlexibilityOffer = {
      kind: 'block',
      offerId: 'b',
      podId: 'A',
      product: 'P',
      direction: 'up',
      quantityW: 900,
      priceMicroEurPerKwh: 1,
      durationMtus: 2,
      window: [1, 3],
    };
    expect(offeredByService([block], MTUS)).toEqual(new Map([['P/up', [0, 600, 600, 600]]]));
  });
});

describe('forecast reliability', () => {
  const forecast = [1_000, 1_000, 1_000, 1_000];

  it('of customers (KPI_IT_02) is the error over what came, meaned over customers, then MTUs', () => {
    const { customerForecast } = tallyOf([
      pod({ forecastW: forecast, measuredW: [800, 1_000, null, 0] }),
      pod({ forecastW: forecast, measuredW: [1_250, -1_000, null, null] }),
    ]);
    // (25 + 20) / 2 and (0 + 200) / 2; then nothing, then a real profile of zero
    expect(told(customerForecast.dayAhead)).toEqual([61.25, 2]);
  });

  it('leaves out MTUs in which the customer followed a setpoint', () => {
    const { customerForecast, gridForecast } = tallyOf([
      pod({
        forecastW: forecast,
        measuredW: [500, 1_000, 1_000, 1_000],
        activated: [true, false, false, false],
      }),
    ]);
    expect(told(customerForecast.dayAhead)).toEqual([0, 3]);
    expect(told(gridForecast.dayAhead)).toEqual([0, 3]);
  });

  it('leaves a PoD out that was excluded, of KPI_IT_02 only', () => {
    const facts = { forecastW: forecast, measuredW: [500, null, null, null] };
    const excluded = pod({ ...facts, isExcluded: true });
    const { customerForecast, gridForecast } = tallyOf([excluded]);
    expect(told(customerForecast.dayAhead)).toEqual([null, 0]);
    expect(told(gridForecast.dayAhead)).toEqual([100, 1]);
  });

  it('of the grid (KPI_IT_03) is that of the sums at each node, where errors cancel out', () => {
    const { gridForecast, customerForecast } = tallyOf([
      pod({ forecastW: forecast, measuredW: [800, null, null, null] }),
      pod({ forecastW: forecast, measuredW: [1_200, null, null, null] }),
      pod({ busId: 'bus-2', forecastW: forecast, measuredW: [1_250, null, null, null] }),
      pod({ busId: null, forecastW: forecast, measuredW: [9_000, null, null, null] }),
    ]);
    expect(told(gridForecast.dayAhead)).toEqual([10, 1]);
    expect(meanOf(customerForecast.dayAhead)).toBeGreaterThan(1_000);
  });
});

describe('rows', () => {
  const of = { scope: 'session', id: 's1' } as const;

  it('name the indicator, the service and the target', () => {
    const facts = pod({ offers: [single([250, 0, 0, 0])], baselineW: [1_000, 0, 0, 0] });
    const rows = tallyRows(of, tallyOf([facts]), ['dayAhead']);
    expect(
      rows.map(({ kpi, product, direction, horizon }) => [kpi, product, direction, horizon]),
    ).toEqual([
      ['KPI_PR_03', 'P', 'up', null],
      ['KPI_PR_03', 'P', 'down', null],
      ['KPI_PR_04', 'P', null, null],
      ['KPI_IT_01', 'P', 'up', null],
      ['KPI_IT_01', 'P', 'down', null],
      ['KPI_IT_02', null, null, 'dayAhead'],
      ['KPI_IT_03', null, null, 'dayAhead'],
    ]);
    expect(rows[0]).toEqual({
      category: null,
      kpi: 'KPI_PR_03',
      name: 'Flexibility Availability',
      scope: 'session',
      id: 's1',
      product: 'P',
      direction: 'up',
      horizon: null,
      activity: null,
      valueBasisPoints: 2_500,
      periods: 1,
      targetBasisPoints: 2_000,
      meetsTarget: true,
      note: null,
    });
    expect(rows[1]).toMatchObject({ valueBasisPoints: null, periods: 0, meetsTarget: null });
  });

  it('without a value say why, and no other', () => {
    const rows = [
      ...customerRows(of, { contacted: 0, accepted: 0, active: 0 }),
      ...tallyRows(of, tallyOf([])),
      ...tallyRows({ scope: 'pod', id: 'A' }, tallyOf([])),
    ];
    expect(new Set(rows.map(({ kpi }) => kpi)).size).toBe(7);
    for (const { valueBasisPoints, note } of rows) {
      expect([valueBasisPoints, note]).toEqual([null, expect.stringMatching(/^.{10,}$/)]);
    }
    const both = tallyRows(of, tallyOf([], [request('P/up', [1, 0, 0, 0])]));
    expect(both.filter(({ note }) => note === null).map(({ kpi }) => kpi)).toEqual(['KPI_IT_01']);
  });

  it('of forecasts are apart for a day and for four hours ahead', () => {
    const facts = pod({ forecastW: [1_200, 0, 0, 0], measuredW: [1_000, null, null, null] });
    const rows = tallyRows(of, tallyOf([facts])).filter(({ kpi }) => kpi === 'KPI_IT_02');
    expect(rows).toMatchObject([
      { horizon: 'dayAhead', valueBasisPoints: 2_000 },
      { horizon: 'realTime', valueBasisPoints: null },
    ]);
  });

  it('show reactive power where it was used', () => {
    const rows = tallyRows(of, tallyOf([], [request('Q/up', [1, 0, 0, 0])]));
    expect(rows.filter(({ product }) => product === 'Q')).toMatchObject([
      { kpi: 'KPI_IT_01', direction: 'up', valueBasisPoints: 0, meetsTarget: false },
    ]);
  });

  it('of customers are counts over counts', () => {
    const value = (contacted: number, accepted: number, active: number | null) =>
      customerRows(of, { contacted, accepted, active }).map(
        ({ valueBasisPoints }) => valueBasisPoints,
      );
    expect(value(40, 10, 5)).toEqual([2_500, 5_000]);
    expect(value(12, 3, 1)).toEqual([2_500, 3_333]);
    expect(value(5, 0, 0)).toEqual([0, null]);
    expect(value(0, 0, 0)).toEqual([null, null]);
    expect(value(4, 4, null)).toEqual([10_000, null]);
  });

  it('count customers who used the app beside those who offered', () => {
    const counts = { contacted: 40, accepted: 10, active: 5, usedApp: 2 };
    const rows = customerRows(of, counts).filter(({ kpi }) => kpi === 'KPI_PR_02');
    expect(rows.map(({ activity, valueBasisPoints }) => [activity, valueBasisPoints])).toEqual([
      ['offers', 5_000],
      ['app', 2_000],
    ]);
  });

  it('of forecasts meet their target when they stay below it', () => {
    const facts = pod({ forecastW: [1_200, 0, 0, 0], measuredW: [1_000, null, null, null] });
    const [row] = tallyRows(of, tallyOf([facts])).filter(({ kpi }) => kpi === 'KPI_IT_02');
    expect(row).toMatchObject({ valueBasisPoints: 2_000, meetsTarget: true });
  });
});

describe('whatever the facts', () => {
  const watts = fc.integer({ min: -5_000, max: 5_000 });
  const four = <Value>(value: fc.Arbitrary<Value>) =>
    fc.array(value, { minLength: MTUS, maxLength: MTUS });
  const somePod: fc.Arbitrary<PodFacts> = fc
    .record({
      baselineW: fc.option(four(watts), { nil: undefined }),
      forecastW: fc.option(four(watts), { nil: undefined }),
      measuredW: four(fc.option(watts)),
      activated: fc.option(four(fc.boolean()), { nil: undefined }),
      offeredW: four(fc.nat(3_000)),
      busId: fc.constantFrom(null, 'bus-1', 'bus-2'),
    })
    .map(({ offeredW, ...facts }) => pod({ ...facts, offers: [single(offeredW)] }));
  const somePods = fc.array(somePod, { maxLength: 5 });

  it('the order of the PoDs does not matter', () => {
    fc.assert(
      fc.property(somePods, (pods) => {
        expect(tallyOf([...pods].reverse())).toEqual(tallyOf(pods));
      }),
    );
  });

  it('adding tallies up is adding their means up, in any order, and nothing adds nothing', () => {
    fc.assert(
      fc.property(somePods, somePods, (one, other) => {
        const [a, b] = [tallyOf(one), tallyOf(other)];
        expect(addTallies(a, b)).toEqual(addTallies(b, a));
        expect(addTallies(a, EMPTY_TALLY)).toEqual(a);
        const sum = addTallies(a, b).customerForecast.dayAhead;
        expect(sum).toEqual(addMeans(a.customerForecast.dayAhead, b.customerForecast.dayAhead));
      }),
    );
  });

  it('a session of one PoD has the indicators of that PoD, the grid aside', () => {
    fc.assert(
      fc.property(somePod, four(fc.nat(3_000)), (facts, requestedW) => {
        const requests = [request('P/up', requestedW)];
        const { gridForecast } = EMPTY_TALLY;
        const expected = { ...tallyOf([facts], requests), gridForecast };
        expect(podTally(facts, sessionOf(requests))).toEqual(expected);
      }),
    );
  });

  it('liquidity is the sum of what the PoDs contribute to it', () => {
    fc.assert(
      fc.property(somePods, (pods) => {
        // Of 10,000 W, so that no ratio has to be rounded.
        const requests = [request('P/up', [10_000, 0, 10_000, 0])];
        const sumOf = ({ liquidity }: KpiTally): number => liquidity['P/up'].sumBasisPoints;
        const parts = pods.map((facts) => sumOf(podTally(facts, sessionOf(requests))));
        expect(sumOf(tallyOf(pods, requests))).toBe(parts.reduce((sum, part) => sum + part, 0));
      }),
    );
  });
});

describe('a mean of ratios', () => {
  it('is rounded half to even, once for the ratio and once for the mean', () => {
    expect(basisPoints(1, 3)).toBe(3_333);
    expect(basisPoints(1, 16_000)).toBe(1);
    expect(basisPoints(1, 20_000)).toBe(0);
    expect(basisPoints(-5, -2)).toBe(25_000);
    const mean = [1, 2].reduce(withPeriod, NO_RATIO);
    expect(meanOf(mean)).toBe(2);
  });

  it('has no value where nothing was divided', () => {
    expect(basisPoints(7, 0)).toBeUndefined();
    expect(meanOf(withPeriod(NO_RATIO, undefined))).toBeNull();
  });
});
