import { zoneOf } from '../parts/words';
import {
  type MeritStep,
  type Offer,
  type SessionBook,
  busiestMtu,
  marginalPrice,
  meritOrder,
  mergedSteps,
  offerRows,
  requestLines,
  stagesOf,
} from './session-rows';
import { tabsOf } from './tabs';
import { whyOf } from './why';

const SESSION = 'realTime-2026-03-17T07:00Z';
const up = { product: 'P', direction: 'up' } as const;

const offer = (podId: string, quantityW: number[], price: number): Offer => ({
  ...up,
  kind: 'single',
  offerId: `${podId}-P-up`,
  podId,
  aggregatorId: 'AGG1',
  quantityW,
  priceMicroEurPerKwh: quantityW.map(() => price),
  divisible: true,
  minQuantityW: 0,
  pom: 'PS',
  podLimitW: 9_000,
  sessionId: SESSION,
  bidId: 'b',
  offeredAt: '2026-03-17T04:10:00.000Z',
});
const block: Offer = {
  ...up,
  kind: 'block',
  offerId: 'D-block',
  podId: 'D',
  aggregatorId: 'AGG2',
  quantityW: 500,
  priceMicroEurPerKwh: 400_000,
  durationMtus: 1,
  window: [1, 2],
  pom: 'PS',
  podLimitW: 9_000,
  sessionId: SESSION,
  bidId: 'b',
  offeredAt: '2026-03-17T04:10:00.000Z',
};
const sold = (podId: string, firstMtu: number, acceptedW: number[], price: number) => ({
  ...up,
  offerId: `${podId}-P-up`,
  requestId: 'r1',
  podId,
  aggregatorId: 'AGG1',
  requester: 'DSO' as const,
  firstMtu,
  acceptedW,
  priceMicroEurPerKwh: acceptedW.map(() => price),
});
const outcome = (...row: Parameters<typeof sold>) => ({
  ...sold(...row),
  sessionId: SESSION,
  part: 0,
  row: 0,
});

/** A, B and C offer 1 kW each; B is refused by the grid, C is too dear, A is settled. */
const book: SessionBook = {
  session: {
    sessionId: SESSION,
    kind: 'realTime',
    deliveryDay: '2026-03-17',
    deliveryStart: '2026-03-17T07:00:00.000Z',
    mtuCount: 3,
    status: 'published',
    gateOpensAt: '2026-03-17T04:00:00.000Z',
    gateClosesAt: '2026-03-17T05:00:00.000Z',
    resultDueAt: '2026-03-17T06:00:00.000Z',
    rulePackDigest: '00',
    registerPosition: 1,
    requestedWMtu: 2_000,
    requestedVarMtu: 0,
    offers: 4,
    clearing: null,
    validation: null,
    result: { rows: 1, acceptedWMtu: 1_000, acceptedVarMtu: 0, costMicroEur: 25_000 },
    publishedAt: '2026-03-17T05:10:00.000Z',
    cancelledBecause: null,
    requests: 1,
    soldNothingBecause: null,
  },
  requests: [
    {
      ...up,
      sessionId: SESSION,
      requestId: 'r1',
      requester: 'DSO',
      scope: { podIds: ['A', 'B', 'C'] },
      quantityW: [0, 2_000, 0],
      priceCapMicroEurPerKwh: null,
      requestedAt: '2026-03-17T04:05:00.000Z',
      revision: 1,
      results: [
        {
          requestId: 'r1',
          round: 0,
          servedW: [0, 2_000, 0],
          marginalPriceMicroEurPerKwh: [null, 200_000, null],
          binding: ['nothingRequested', 'noMoreOffers', 'nothingRequested'],
        },
      ],
    },
  ],
  offers: [
    offer('C', [0, 1_000, 0], 300_000),
    offer('A', [0, 1_000, 1_000], 100_000),
    offer('B', [0, 1_000, 0], 200_000),
    block,
  ],
  cleared: [sold('A', 1, [1_000], 100_000), sold('B', 1, [1_000], 200_000)],
  outcomes: [outcome('A', 1, [1_000], 100_000)],
  settled: [
    {
      ...outcome('A', 1, [1_000], 100_000),
      settlementId: 's',
      correction: 0,
      baselineW: [500],
      measuredW: [-400],
      deliveredW: [900],
      paidMicroEur: [22_500],
      penaltyMicroEur: [500],
    },
  ],
};

it('sums each stage by quarter-hour, and begins where most was asked for', () => {
  const stages = stagesOf(book, 'P', 'both');
  expect(stages.map(({ name, watts }) => [name, watts])).toEqual([
    ['requested', [0, 2_000, 0]],
    ['offered', [0, 3_500, 1_500]],
    ['accepted', [0, 2_000, 0]],
    ['validated', [0, 1_000, 0]],
    ['delivered', [0, 900, 0]],
  ]);
  expect(busiestMtu(stages)).toBe(1);
  expect(stagesOf({ ...book, offers: null }, 'Q', 'up')[1]!.watts).toBeNull();
  expect(busiestMtu([])).toBe(0);
});

it('says of each offer what became of it, cheapest first', () => {
  const rows = offerRows(book, 1);
  expect(
    rows.map(({ podId, outcome, acceptedW, deliveredW, paidMicroEur }) => [
      podId,
      outcome,
      acceptedW,
      deliveredW,
      paidMicroEur,
    ]),
  ).toEqual([
    ['A', 'accepted', 1_000, 900, 22_000],
    ['B', 'refused by the grid', 0, 0, 0],
    ['C', 'not taken', 0, 0, 0],
    ['D', 'not taken', 0, 0, 0],
  ]);
  expect(offerRows(book, 0)).toEqual([]);
  const before = { ...book, session: { ...book.session, publishedAt: null } };
  expect(offerRows({ ...before, outcomes: null, settled: null }, 1)[0]).toMatchObject({
    outcome: 'open',
    deliveredW: null,
  });
});

it('lays offers out as a merit order, up to the dearest accepted', () => {
  const steps = meritOrder(offerRows(book, 1), up);
  expect(steps.map(({ fromW, toW }) => [fromW, toW])).toEqual([
    [0, 1_000],
    [1_000, 2_000],
    [2_000, 3_000],
    [3_000, 3_500],
  ]);
  expect(marginalPrice(steps)).toBe(100_000);
  expect(
    marginalPrice(meritOrder(offerRows(book, 1), { ...up, direction: 'down' })),
  ).toBeUndefined();
});

it('draws together what is too narrow alone, up to the dearest, and nothing across a gap', () => {
  const steps = meritOrder(offerRows(book, 1), up);
  expect(mergedSteps(steps, 1_000)).toEqual(steps);
  const [first, second, third, last] = steps as [MeritStep, MeritStep, MeritStep, MeritStep];
  expect(mergedSteps(steps, 1_500)).toEqual([
    { ...second, fromW: 0 },
    { ...last, fromW: third.fromW },
  ]);
  expect(mergedSteps([first, third, last], 1_500)).toEqual([
    first,
    { ...last, fromW: third.fromW },
  ]);
});

it('says what each request got and what limited it', () => {
  expect(requestLines(book, 1, up)).toEqual([
    {
      requestId: 'r1',
      requester: 'DSO',
      quantityW: 2_000,
      servedW: 1_000,
      marginalPriceMicroEurPerKwh: 200_000,
      because: 'no more offers reach it',
    },
  ]);
  expect(requestLines(book, 0, up)).toEqual([]);
});

it('has the tables of D2.4, and says why one is empty', () => {
  const rome = zoneOf('Europe/Rome');
  const tabs = tabsOf(book, rome);
  expect(tabs.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['Requests', 1],
    ['Flexibility services', 4],
    ['Market outcome', 2],
    ['Technical outcome', 2],
    ['Validated outcome', 1],
    ['Settlement', 1],
  ]);
  for (const { columns, rows } of tabs)
    for (const row of rows) expect(row).toHaveLength(columns.length);
  expect(tabs[3]!.rows.map((row) => row.at(-1))).toEqual(['permitted', 'refused']);
  const foreign = tabsOf({ ...book, requests: null }, rome);
  expect(foreign[0]!.empty).toContain('not shown');
});

it('tells a loser why in a sentence', () => {
  const row = offerRows(book, 1)[1]!;
  const mtu = {
    mtu: 1,
    mtuStart: '2026-03-17T07:15:00.000Z',
    offeredW: 1_000,
    acceptedW: 1_000,
    permittedW: 0,
    reason: null,
    because: 'all of it was accepted',
    lastAcceptedPriceMicroEurPerKwh: 200_000,
    violatedElement: 'line17',
  };
  const why = {
    sessionId: SESSION,
    aggregatorId: 'AGG1',
    offerId: row.offerId,
    rounds: [{ round: 0, mtus: [mtu] }],
  };
  expect(whyOf(row, why, 1)).toEqual({
    verdict: 'Lost: refused by the grid.',
    sentences: [
      'It offered 1.000 kW at 20.00 ct/kWh; the dearest accepted one was at 20.00 ct/kWh.',
      'The market accepted 1.000 kW; the DSO permitted 0.000 kW, because line17 would pass its limit.',
    ],
  });
  const dear = {
    ...mtu,
    acceptedW: 0,
    permittedW: null,
    because: 'it is dearer than the last accepted offer',
  };
  expect(
    whyOf(offerRows(book, 1)[2]!, { ...why, rounds: [{ round: 0, mtus: [dear] }] }, 1).verdict,
  ).toBe('Lost: it is dearer than the last accepted offer.');
  expect(whyOf(row, { ...why, rounds: [] }, 1).verdict).toBe('No clearing round knew this offer.');
});
