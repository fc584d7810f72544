/** A small day in the log -> its indicators, worked out by hand; and PoDs beyond one page. */
import {
  type AgreementEvent,
  type KpiRow,
  MTU_MS,
  type MarketSessionEvent,
  type MeterEvent,
  type PodEvent,
  type RecordedEvent,
  type RecordedOffer,
  type SettlementEvent,
} from '@flexledger/domain';
import { openViews } from '../open-views';
import { ArrayEventStore } from '../testing/array-event-store';
import { type LoggedEvent, inStream, recordedLog } from '../testing/recorded-log';
import { offer, outcomeRow, schedule, WHOLE } from '../testing/session-events';
import { kpiViews } from '../views';
import { marketKpis, podKpis } from './queries';

const DAY = '2026-03-17';
/** A day of four MTUs is day enough. */
const MTUS = 4;
const START = '2026-03-16T23:00:00.000Z';
const DAY_AHEAD = 'dayAhead-2026-03-16T23:00Z';
const REAL_TIME = 'realTime-2026-03-16T23:30Z';
const [A, B, C, D] = ['A', 'B', 'C', 'D'].map((end) => `IT002E0000000${end}`) as [
  string,
  string,
  string,
  string,
];

function registered(podId: string, busId: string, baselineW?: readonly number[]): LoggedEvent[] {
  const details = {
    podId,
    aggregatorId: 'AGG1',
    customerKind: 'household' as const,
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_000,
    pvPeakW: 0,
    wallet: '0x1',
  };
  const events: PodEvent[] = [
    { type: 'PodRegistered', data: details },
    { type: 'PodLocated', data: { podId, gridId: 'rome', busId, pom: 'PS-1' } },
    ...(baselineW
      ? [
          {
            type: 'BaselineDeclared' as const,
            data: { podId, deliveryDay: DAY, baselineW, origin: 'forecast' as const },
          },
        ]
      : []),
  ];
  return inStream(`pod-${podId}`, events);
}

function agreement(podId: string, answer: 'AgreementAccepted' | 'AgreementRefused'): LoggedEvent[] {
  const proposed: AgreementEvent = {
    type: 'AgreementProposed',
    data: {
      podId,
      aggregatorId: 'AGG1',
      aggregatorWallet: '0x2',
      customerSharePerMille: 700,
      customerPenaltySharePerMille: 500,
    },
  };
  const answered = { type: answer, data: { podId, reason: 'no' } } as AgreementEvent;
  return inStream(`agreement-${podId}`, [proposed, answered]);
}

const offerOf = (podId: string, quantityW: readonly number[]): RecordedOffer => ({
  ...(offer(podId, 1) as Extract<RecordedOffer, { kind: 'single' }>),
  podId,
  quantityW,
  priceMicroEurPerKwh: quantityW.map(() => 1),
});

interface SessionStory {
  readonly sessionId: string;
  readonly kind: 'dayAhead' | 'realTime';
  readonly deliveryStart: string;
  readonly mtuCount: number;
  readonly requestedW: readonly number[];
  readonly offers: readonly RecordedOffer[];
  /** What PoD A sold and delivered. */
  readonly soldW: readonly number[];
  readonly deliveredW: readonly number[];
}

function session(story: SessionStory): LoggedEvent[] {
  const { sessionId, requestedW, offers, soldW, deliveredW, ...times } = story;
  const request = {
    ...({ requestId: 'r1', requester: 'DSO', product: 'P', direction: 'up' } as const),
    scope: { pom: 'PS-1' },
    quantityW: requestedW,
    priceCapMicroEurPerKwh: null,
  };
  const row = outcomeRow({ podId: A, acceptedW: soldW, priceMicroEurPerKwh: soldW.map(() => 1) });
  const events: MarketSessionEvent[] = [
    { type: 'SessionScheduled', data: { ...schedule, ...times, sessionId, deliveryDay: DAY } },
    { type: 'SessionOpened', data: { sessionId } },
    { type: 'FlexibilityRequested', data: { sessionId, ...request } },
    {
      type: 'FlexibilityOffered',
      data: { sessionId, bidId: 'b1', aggregatorId: 'AGG1', part: WHOLE, offers, refused: [] },
    },
    { type: 'SessionClosed', data: { sessionId, requests: 1, offers: offers.length } },
    { type: 'ResultPublished', data: { sessionId, part: WHOLE, rows: [row] } },
  ];
  const none = soldW.map(() => 0);
  const settled: SettlementEvent[] = [
    {
      type: 'SettlementComputed',
      data: {
        sessionId,
        correction: 0,
        part: WHOLE,
        inputDigest: '',
        rows: [
          {
            ...row,
            baselineW: none,
            measuredW: none,
            deliveredW,
            paidMicroEur: none,
            penaltyMicroEur: none,
          },
        ],
      },
    },
  ];
  return [
    ...inStream(`session-${sessionId}`, events),
    ...inStream(`settlement-${sessionId}`, settled),
  ];
}

function measured(podId: string, energyWh: readonly number[]): LoggedEvent[] {
  const events = energyWh.map((withdrawnWh, mtu): MeterEvent => {
    const mtuStart = new Date(Date.parse(START) + mtu * MTU_MS).toISOString();
    const inputData = {
      podId,
      sequence: mtu,
      mtuStart,
      withdrawnWh,
      injectedWh: 0,
      reactiveVarh: 0,
      withdrawnTotalWh: 0,
      injectedTotalWh: 0,
    };
    return {
      type: 'MeasurementRecorded',
      data: { podId, sequence: mtu, inputData, hash: '', signedHash: '' },
    };
  });
  return inStream(`meter-${podId}-2026-03`, events);
}

function kpisOf(events: readonly LoggedEvent[], days = {}): Promise<KpiRow[]> {
  return kpisOfLog(recordedLog(events), days);
}

async function kpisOfLog(log: RecordedEvent[], days = {}): Promise<KpiRow[]> {
  const views = openViews({
    path: ':memory:',
    views: kpiViews,
    store: new ArrayEventStore(log).asEventStore(),
  });
  await views.runner.catchUp();
  const rows: KpiRow[] = [];
  for await (const row of marketKpis(views.documents, days)) rows.push(row);
  for await (const row of podKpis(views.documents, {}, days)) rows.push(row);
  await views.close();
  return rows;
}

/** Values in percent of one scope, by indicator and service. */
function valuesOf(rows: readonly KpiRow[], scope: KpiRow['scope'], id: string) {
  const wanted = rows.filter((row) => row.scope === scope && row.id === id);
  return Object.fromEntries(
    wanted.map(({ kpi, direction, horizon, activity, valueBasisPoints, periods }) => [
      [kpi, direction ?? horizon, activity === 'app' ? activity : null]
        .filter((part) => part !== null)
        .join(' '),
      valueBasisPoints === null ? null : [valueBasisPoints / 100, periods],
    ]),
  );
}

const smallDay: LoggedEvent[] = [
  ...registered(A, 'bus-1', [1_000, 1_000, 1_000, 1_000]),
  ...registered(B, 'bus-1', [400, 400, 400, 400]),
  ...registered(C, 'bus-2'),
  ...agreement(A, 'AgreementAccepted'),
  ...agreement(B, 'AgreementAccepted'),
  ...agreement(C, 'AgreementRefused'),
  ...session({
    sessionId: DAY_AHEAD,
    kind: 'dayAhead',
    deliveryStart: START,
    mtuCount: MTUS,
    requestedW: [100, 0, 0, 200],
    offers: [offerOf(A, [500, 500, 0, 500])],
    soldW: [100, 0, 0, 100],
    deliveredW: [100, 0, 0, 50],
  }),
  ...session({
    sessionId: REAL_TIME,
    kind: 'realTime',
    mtuCount: 2,
    deliveryStart: '2026-03-16T23:30:00.000Z',
    requestedW: [50, 50],
    offers: [offerOf(A, [0, 100]), offerOf(B, [100, 0])],
    soldW: [0, 50],
    deliveredW: [0, 0],
  }),
  // 900, 1,250, 800 and 4 W; what A sold in the first and last MTU is not its forecast's fault.
  ...measured(A, [225, 312.5, 200, 1]),
  ...measured(B, [125, 100]),
];

describe('the indicators of a small day', () => {
  it('of its day-ahead session', async () => {
    expect(valuesOf(await kpisOf(smallDay), 'session', DAY_AHEAD)).toEqual({
      KPI_PR_01: [66.67, 1],
      KPI_PR_02: [50, 1],
      // A alone offers: 500, 500, nothing and 500 of 1,000
      'KPI_PR_03 up': [37.5, 4],
      'KPI_PR_03 down': null,
      KPI_PR_04: [75, 2],
      // 500 of 100, 500 of 200
      'KPI_IT_01 up': [375, 2],
      'KPI_IT_01 down': null,
      // B: 20; then A 20 and B 0; then A 25
      'KPI_IT_02 dayAhead': [(20 + 10 + 25) / 3, 3].map((value) => Math.round(value * 100) / 100),
      // bus-1: B alone 20; 250 of 1,650; A alone 25
      'KPI_IT_03 dayAhead': [20.05, 3],
    });
  });

  it('of a real-time session, in its own MTUs', async () => {
    expect(valuesOf(await kpisOf(smallDay), 'session', REAL_TIME)).toEqual({
      KPI_PR_01: [66.67, 1],
      KPI_PR_02: [100, 1],
      // B offers 100, then A, of the 1,400 of both
      'KPI_PR_03 up': [7.14, 2],
      'KPI_PR_03 down': null,
      KPI_PR_04: [0, 1],
      'KPI_IT_01 up': [200, 2],
      'KPI_IT_01 down': null,
      'KPI_IT_02 realTime': [25, 1],
      'KPI_IT_03 realTime': [25, 1],
    });
  });

  it('of the day: all sessions together, forecasts of each kind apart', async () => {
    const rows = await kpisOf(smallDay);
    expect(valuesOf(rows, 'day', DAY)).toEqual({
      KPI_PR_01: [66.67, 1],
      KPI_PR_02: [100, 1],
      'KPI_PR_02 app': [0, 1],
      'KPI_PR_03 up': [27.38, 6],
      'KPI_PR_03 down': null,
      KPI_PR_04: [50, 3],
      'KPI_IT_01 up': [287.5, 4],
      'KPI_IT_01 down': null,
      'KPI_IT_02 dayAhead': [18.33, 3],
      'KPI_IT_02 realTime': [25, 1],
      'KPI_IT_03 dayAhead': [20.05, 3],
      'KPI_IT_03 realTime': [25, 1],
    });
    expect(valuesOf(rows, 'total', '')).toEqual(valuesOf(rows, 'day', DAY));
  });

  it("of the DSO's own forecasts where it made any: a day's and four hours' apart", async () => {
    const forecastOf = (
      sessionId: string,
      podId: string,
      forecastW: readonly number[],
    ): LoggedEvent => ({
      streamId: 'gridForecast-rome-2026-03-16T23:00Z',
      type: 'CustomersForecast',
      data: {
        forecastId: sessionId,
        gridId: 'rome',
        sessionId,
        podIds: [podId],
        forecastW: [forecastW],
      },
    });
    const rows = await kpisOf([
      ...smallDay,
      // B draws 500 and 400 W in the first two MTUs.
      forecastOf(DAY_AHEAD, B, [550, 400, 0, 0]),
      // A draws 800 W in the first quarter-hour of the real-time session and sells in the second.
      forecastOf(REAL_TIME, A, [760, 0]),
    ]);
    // B: 10; then A 20 and B 0; then A 25
    expect(valuesOf(rows, 'session', DAY_AHEAD)).toMatchObject({
      'KPI_IT_02 dayAhead': [15, 3],
    });
    expect(valuesOf(rows, 'session', REAL_TIME)).toMatchObject({ 'KPI_IT_02 realTime': [5, 1] });
  });

  it('of each PoD', async () => {
    const rows = await kpisOf(smallDay);
    expect(valuesOf(rows, 'pod', A)).toEqual({
      KPI_PR_01: [100, 1],
      KPI_PR_02: [100, 1],
      'KPI_PR_02 app': [0, 1],
      // 50, 50, 0 and 50 of 100; then 0 and 10
      'KPI_PR_03 up': [26.67, 6],
      'KPI_PR_03 down': null,
      KPI_PR_04: [50, 3],
      // 500 of 100, 500 of 200; then 0 and 100 of 50
      'KPI_IT_01 up': [237.5, 4],
      'KPI_IT_01 down': null,
      'KPI_IT_02 dayAhead': [22.5, 2],
      'KPI_IT_02 realTime': [25, 1],
      'KPI_IT_03 dayAhead': null,
      'KPI_IT_03 realTime': null,
    });
    expect(valuesOf(rows, 'pod', C)).toMatchObject({
      KPI_PR_01: [0, 1],
      KPI_PR_02: null,
      'KPI_IT_02 dayAhead': null,
    });
  });

  it('count who offers without an agreement as no participant, and who joins later not yet', async () => {
    const late = [...smallDay.filter(({ streamId }) => streamId !== `agreement-${B}`)];
    const rows = await kpisOf(late);
    // A alone takes part; B offers in real time, on nobody's behalf.
    expect(valuesOf(rows, 'session', REAL_TIME)).toMatchObject({
      KPI_PR_01: [50, 1],
      KPI_PR_02: [100, 1],
    });
  });

  it('of days asked for only, and of none', async () => {
    expect(await kpisOf(smallDay, { from: '2026-03-18' })).toEqual(
      await kpisOf(smallDay.filter(({ streamId }) => !/session|settlement/.test(streamId))),
    );
    const empty = await kpisOf([]);
    expect(empty.every(({ valueBasisPoints }) => valueBasisPoints === null)).toBe(true);
    expect(empty.map(({ scope }) => scope)).toEqual(empty.map(() => 'total'));
  });

  it('of customers who join when the day is over are those of before', async () => {
    const joining = [...registered(D, 'bus-2'), ...agreement(D, 'AgreementAccepted')];
    const occurredAt = '2026-03-18T09:00:00.000Z';
    const log = recordedLog([...smallDay, ...joining]).map((event) =>
      event.streamId === `agreement-${D}` ? { ...event, occurredAt } : event,
    );
    const rows = await kpisOfLog(log);
    expect(valuesOf(rows, 'day', DAY)).toMatchObject({ KPI_PR_01: [66.67, 1] });
  });
});

it('PoDs beyond one page are counted too, in their order', async () => {
  const podIds = Array.from(
    { length: 1_003 },
    (_, index) => `IT002E${String(index).padStart(8, '0')}`,
  );
  const offering = [podIds[0]!, podIds[999]!, podIds[1_000]!, podIds[1_002]!];
  const rows = await kpisOf([
    ...podIds.flatMap((podId) => registered(podId, 'bus-1').slice(0, 1)),
    ...podIds.slice(995).flatMap((podId) => agreement(podId, 'AgreementAccepted')),
    ...session({
      sessionId: DAY_AHEAD,
      kind: 'dayAhead',
      deliveryStart: START,
      mtuCount: MTUS,
      requestedW: [100, 100, 0, 0],
      offers: offering.map((podId) => offerOf(podId, [100, 0, 0, 0])),
      soldW: [0, 0, 0, 0],
      deliveredW: [0, 0, 0, 0],
    }),
  ]);
  expect(valuesOf(rows, 'session', DAY_AHEAD)).toMatchObject({
    // Three of the eight with an agreement; the fourth that offers has none.
    KPI_PR_02: [37.5, 1],
    'KPI_IT_01 up': [200, 2],
  });
  const ofPods = rows.filter(({ scope, kpi }) => scope === 'pod' && kpi === 'KPI_PR_01');
  expect(ofPods).toHaveLength(1_003);
});
