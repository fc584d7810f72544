/** All read models over the real log and the real file, through the queries that apps use. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activationStream, CERTIFICATION_STREAM, type ProposedEvent } from '@flexledger/domain';
import { openSqliteEventStore, type SqliteEventStore } from '@flexledger/event-store';
import { msFromIso, VirtualClock } from '@flexledger/runtime';
import { findActivations, getActivation } from './activations/queries';
import {
  checkpointCovering,
  findCheckpoints,
  getCertifier,
  latestAnchor,
  latestCheckpoint,
} from './certification/queries';
import { InvalidQuery } from './document-store';
import {
  findCustomerForecasts,
  findGridStates,
  findStateEstimates,
  getCustomerForecasts,
  getGridState,
} from './grid-state/queries';
import { findMeasurements, findRejectedPackets, measurementsBetween } from './measurements/queries';
import { openViews, type Views } from './open-views';
import {
  countOffers,
  findBids,
  findOffers,
  findRequests,
  getBid,
  getOffer,
  getRequest,
} from './order-book/queries';
import { findOutcomes } from './outcomes/queries';
import {
  countPods,
  findBaselines,
  findPods,
  getBaseline,
  getBaselines,
  getPod,
  getPods,
} from './pod-register/queries';
import { findSessions, getSession } from './sessions/queries';
import { findSettlementRows, findSettlements, getSettlement } from './settlements/queries';
import { inStream, type LoggedEvent } from './testing/recorded-log';
import { weatherBetween } from './weather/queries';
import {
  inSession,
  offer,
  offered,
  opened,
  outcomeRow,
  published,
  requested,
  scheduled,
  SESSION,
} from './testing/session-events';

const POD_A = 'IT002E00000001';
const POD_B = 'IT002E00000002';
const pods = [POD_A, POD_B];

const register = pods.flatMap((podId, index) =>
  inStream(`pod-${podId}`, [
    {
      type: 'PodRegistered',
      data: {
        podId,
        aggregatorId: `AGG${index + 1}`,
        customerKind: 'household',
        contractedPowerW: 3_000,
        annualEnergyKwh: 2_700,
        pvPeakW: 0,
        wallet: '0x1111111111111111111111111111111111111111',
      },
    },
    { type: 'PodLocated', data: { podId, gridId: 'rome', busId: `bus-${index}`, pom: 'CP1' } },
    ...['2026-03-16', '2026-03-17'].map((deliveryDay) => ({
      type: 'BaselineDeclared',
      data: { podId, deliveryDay, baselineW: [100 + index], origin: 'imported' },
    })),
  ]),
);

const settled = (correction: number, measuredW: number | null): LoggedEvent[] =>
  inStream(`settlement-${SESSION}`, [
    {
      type: 'SettlementComputed',
      data: {
        sessionId: SESSION,
        correction,
        part: { index: 0, of: 1 },
        inputDigest: 'aa',
        rows: [
          {
            ...outcomeRow({ acceptedW: [400], priceMicroEurPerKwh: [120_000] }),
            baselineW: [1_000],
            measuredW: [measuredW],
            deliveredW: [measuredW === null ? 0 : 400],
            paidMicroEur: [measuredW === null ? 0 : 12_000],
            penaltyMicroEur: [0],
          },
        ],
      },
    },
  ]);

const measured = (podId: string, mtuStart: string, withdrawnWh: number): LoggedEvent => ({
  streamId: `meter-${podId}-${mtuStart.slice(0, 7)}`,
  type: 'MeasurementRecorded',
  data: {
    podId,
    sequence: 1,
    inputData: { podId, sequence: 1, mtuStart, withdrawnWh, injectedWh: 0, reactiveVarh: 0 },
    hash: '',
    signedHash: '',
  },
});

const weather = (hours: string[], irradianceDeciWPerM2: number[]): LoggedEvent => ({
  streamId: 'weather-rome',
  type: 'WeatherReported',
  data: {
    ...{ gridId: 'rome', source: 'test', hours, irradianceDeciWPerM2 },
    ...{ temperatureDeciC: hours.map(() => 150), windCmPerS: hours.map(() => 300) },
  },
});

const estimated = (estimateId: string, at: string): LoggedEvent => ({
  streamId: 'gridState-rome-2026-03-17',
  type: 'StateEstimated',
  data: { estimateId, gridId: 'rome', at, busIds: ['b'], vmMicroPu: [1_020_000] },
});

const rejected = (reason: string): LoggedEvent => ({
  streamId: `meter-${POD_A}-2026-03`,
  type: 'PacketRejected',
  data: { podId: POD_A, reason, detail: '', packet: '' },
});

const setpoint = (podId: string, windowStart: string): LoggedEvent => ({
  streamId: activationStream(windowStart, podId),
  type: 'SetpointIssued',
  data: {
    podId,
    windowStart,
    targetW: [1],
    targetVar: [null],
    aggregatorId: 'AGG1',
    setpointId: 's',
  },
});

const day: readonly LoggedEvent[] = [
  ...register,
  ...inSession(
    scheduled,
    opened,
    requested('r1'),
    requested('r2', { requester: 'TSO' }),
    offered('b1', [offer('o1', 10), offer('o22', 20)]),
    offered('b2', [offer('o1', 30)], { aggregatorId: 'AGG2' }),
    offered('b3', [offer('o1', 99)], { part: { index: 0, of: 2 } }),
    published([outcomeRow(), outcomeRow({ offerId: 'o22', aggregatorId: 'AGG2' })]),
  ),
  {
    streamId: 'session-unfinished',
    type: 'ResultPublished',
    data: { sessionId: 'unfinished', part: { index: 0, of: 2 }, rows: [outcomeRow()] },
  },
  ...settled(0, null),
  ...settled(1, 600),
  measured(POD_A, '2026-03-16T23:45:00.000Z', 1),
  measured(POD_A, '2026-03-17T00:00:00.000Z', 2),
  measured(POD_B, '2026-03-17T00:00:00.000Z', 3),
  measured(POD_A, '2026-03-17T00:15:00.000Z', 4),
  rejected('wrong-hash'),
  rejected('replayed'),
  setpoint(POD_A, '2026-03-17T03:00Z'),
  setpoint(POD_B, '2026-03-17T07:00Z'),
  {
    streamId: 'gridForecast-rome-2026-03-16T23:00Z',
    type: 'ForecastComputed',
    data: {
      forecastId: 'f1',
      gridId: 'rome',
      sessionId: SESSION,
      modelDigest: 'aa',
      mtuCount: 1,
      busW: [[1]],
      busVar: [[0]],
      violations: 0,
    },
  },
  {
    streamId: 'gridForecast-rome-2026-03-16T23:00Z',
    type: 'CustomersForecast',
    data: {
      ...{ forecastId: 'f1', gridId: 'rome', sessionId: SESSION },
      ...{ podIds: [POD_B, POD_A], forecastW: [[2], [1]] },
    },
  },
  weather(['2026-03-16T23:00:00.000Z', '2026-03-17T00:00:00.000Z'], [10, 20]),
  weather(['2026-03-17T00:00:00.000Z', '2026-03-17T02:00:00.000Z'], [21, 40]),
  estimated('e1', '2026-03-17T00:15:00.000Z'),
  estimated('e2', '2026-03-17T00:00:00.000Z'),
  ...inStream(CERTIFICATION_STREAM, [
    {
      type: 'CertifierStarted',
      data: { origin: 'log', publicKey: '', chainId: 1, anchorContract: '', tokenContract: '' },
    },
    { type: 'CheckpointSealed', data: { size: 10, root: 'aa', note: 'n' } },
    { type: 'CheckpointAnchored', data: { size: 10, root: 'aa', txHash: '0x', blockNumber: 1 } },
    { type: 'CheckpointSealed', data: { size: 20, root: 'bb', note: 'n' } },
    { type: 'CheckpointSealed', data: { size: 30, root: 'cc', note: 'n' } },
    { type: 'CheckpointAnchored', data: { size: 30, root: 'cc', txHash: '0x', blockNumber: 2 } },
    { type: 'CheckpointSealed', data: { size: 40, root: 'dd', note: 'n' } },
  ]),
];

let folder: string;
let store: SqliteEventStore;
let views: Views;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flexledger-views-'));
  const clock = new VirtualClock(msFromIso('2026-03-16T10:00:00.000Z'));
  store = openSqliteEventStore({ path: join(folder, 'events.sqlite'), clock });
  for (const [index, { streamId, type, data }] of day.entries()) {
    const id = `00000000-0000-8000-8000-${String(index).padStart(12, '0')}`;
    const event: ProposedEvent = {
      id,
      type,
      schemaVersion: 1,
      occurredAt: '2026-03-16T10:00:00.000Z',
      correlationId: id,
      causationId: id,
      actor: 'platform:test',
      data,
    };
    await store.append(streamId, 'any', [event]);
  }
  views = openViews({ path: join(folder, 'views.sqlite'), store });
  await views.runner.catchUp();
});

afterAll(async () => {
  await views.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

it('no view has stopped, and all are at the end of the log', async () => {
  const head = await store.head();
  for (const { view, position, halted } of views.runner.status()) {
    expect({ view, position, halted }).toEqual({ view, position: head, halted: undefined });
  }
});

it('are as they were left when opened again', async () => {
  const again = openViews({ path: join(folder, 'views.sqlite'), store });
  expect(await again.runner.catchUp()).toBe(0);
  expect(await countPods(again.documents, {})).toBe(2);
  await again.close();
});

it('PoDs and baselines', async () => {
  const { documents } = views;
  expect(await getPod(documents, POD_A)).toMatchObject({ aggregatorId: 'AGG1', busId: 'bus-0' });
  expect(await getPod(documents, 'nobody')).toBeUndefined();
  expect((await getPods(documents, [POD_B, 'nobody'])).map((pod) => pod?.podId)).toEqual([
    POD_B,
    undefined,
  ]);
  expect((await findPods(documents, { pom: 'CP1' })).items).toHaveLength(2);
  expect((await findPods(documents, { aggregatorId: 'AGG2' })).items).toMatchObject([
    { podId: POD_B },
  ]);
  expect(await countPods(documents, { status: 'registered', gridId: 'rome' })).toBe(2);
  expect(await getBaseline(documents, POD_B, '2026-03-17')).toMatchObject({ baselineW: [101] });
  const baselines = await getBaselines(documents, ['nobody', POD_A], '2026-03-16');
  expect(baselines.map((baseline) => baseline?.baselineW)).toEqual([undefined, [100]]);
  const later = await findBaselines(documents, POD_A, { from: '2026-03-17' });
  expect(later.items.map(({ deliveryDay }) => deliveryDay)).toEqual(['2026-03-17']);
  expect((await findBaselines(documents, POD_A)).items).toHaveLength(2);
});

it('sessions', async () => {
  const { documents } = views;
  expect(await getSession(documents, SESSION)).toMatchObject({ status: 'published' });
  expect((await findSessions(documents)).items).toHaveLength(1);
  const days = { from: '2026-03-17', below: '2026-03-18' };
  const found = await findSessions(documents, { deliveryDay: days, kind: 'realTime' });
  expect(found.items.map(({ sessionId }) => sessionId)).toEqual([SESSION]);
  expect((await findSessions(documents, { status: 'open' })).items).toEqual([]);
});

it('the order book, where the unfinished bid does not count', async () => {
  const { documents } = views;
  const requests = await findRequests(documents, { sessionId: SESSION });
  expect(requests.items.map(({ requestId }) => requestId)).toEqual(['r1', 'r2']);
  expect((await findRequests(documents, { requester: 'TSO' })).items).toHaveLength(1);
  expect(await getRequest(documents, SESSION, 'r2')).toMatchObject({ requester: 'TSO' });
  const offers = await findOffers(documents, { sessionId: SESSION });
  expect(
    offers.items.map(({ aggregatorId, offerId, bidId }) => [aggregatorId, offerId, bidId]),
  ).toEqual([
    ['AGG1', 'o1', 'b1'],
    ['AGG1', 'o22', 'b1'],
    ['AGG2', 'o1', 'b2'],
  ]);
  expect(offers.items[0]).toEqual({
    ...offer('o1', 10),
    sessionId: SESSION,
    aggregatorId: 'AGG1',
    bidId: 'b1',
    offeredAt: '2026-03-16T10:00:00.000Z',
  });
  const key = { sessionId: SESSION, aggregatorId: 'AGG2', offerId: 'o1' };
  expect(await getOffer(documents, key)).toMatchObject({ bidId: 'b2' });
  expect(await getOffer(documents, { ...key, offerId: 'none' })).toBeUndefined();
  expect(await countOffers(documents, { sessionId: SESSION, aggregatorId: 'AGG1' })).toBe(2);
  expect(await getBid(documents, SESSION, 'b3')).toMatchObject({ completeAt: null });
  const bids = await findBids(documents, { sessionId: SESSION, aggregatorId: 'AGG1' });
  expect(bids.items.map(({ bidId }) => bidId)).toEqual(['b1', 'b3']);
});

it('outcomes of whole results only, page by page', async () => {
  const { documents } = views;
  const rows = await findOutcomes(documents, { requestId: 'r1' });
  expect(rows.items.map(({ sessionId, offerId }) => [sessionId, offerId])).toEqual([
    [SESSION, 'o1'],
    [SESSION, 'o22'],
  ]);
  const first = await findOutcomes(documents, { sessionId: SESSION }, { limit: 1 });
  const second = await findOutcomes(
    documents,
    { sessionId: SESSION },
    { limit: 1, cursor: first.next! },
  );
  expect([...first.items, ...second.items].map(({ row }) => row)).toEqual([0, 1]);
  expect(second.next).toBeNull();
  await expect(findOutcomes(documents, {}, { cursor: 'nonsense' })).rejects.toThrow(InvalidQuery);
});

it('settlements, the correction that counts', async () => {
  const { documents } = views;
  expect(await getSettlement(documents, SESSION)).toMatchObject({ correction: 1 });
  expect((await findSettlements(documents)).items).toHaveLength(1);
  for (const where of [{ sessionId: SESSION }, { podId: POD_A }]) {
    const { items } = await findSettlementRows(documents, where);
    expect(items.map(({ correction, paidMicroEur }) => [correction, paidMicroEur])).toEqual([
      [1, [12_000]],
    ]);
  }
  expect((await findSettlementRows(documents, { sessionId: 'none' })).items).toEqual([]);
});

it('measurements over midnight, for several PoDs, and rejected packets', async () => {
  const { documents } = views;
  const found = await measurementsBetween(
    documents,
    [POD_B, POD_A, 'nobody'],
    msFromIso('2026-03-16T23:45:00.000Z'),
    msFromIso('2026-03-17T00:15:00.000Z'),
  );
  expect(found.map((rows) => rows.map(({ withdrawnWh }) => withdrawnWh))).toEqual([
    [3],
    [1, 2],
    [],
  ]);
  expect((await findMeasurements(documents, { day: '2026-03-17' })).items).toHaveLength(2);
  const packets = await findRejectedPackets(documents, { podId: POD_A });
  expect(packets.items.map(({ reason }) => reason)).toEqual(['replayed', 'wrong-hash']);
});

it('activations and the grid', async () => {
  const { documents } = views;
  expect(await getActivation(documents, '2026-03-17T03:00Z', POD_A)).toMatchObject({
    status: 'issued',
  });
  const activations = await findActivations(documents, { aggregatorId: 'AGG1' });
  expect(activations.items.map(({ podId }) => podId)).toEqual([POD_B, POD_A]);
  expect(await getGridState(documents, 'rome', SESSION)).toMatchObject({ forecastId: 'f1' });
  expect((await findGridStates(documents, { openViolations: { from: 1 } })).items).toEqual([]);
  expect((await findGridStates(documents)).items).toHaveLength(1);
  const forecasts = await getCustomerForecasts(documents, SESSION, [POD_A, 'none', POD_B]);
  expect(forecasts.map((doc) => doc?.forecastW)).toEqual([[1], undefined, [2]]);
  expect((await findCustomerForecasts(documents, { podId: POD_B })).items).toHaveLength(1);
  const estimates = await findStateEstimates(documents, { gridId: 'rome' });
  expect(estimates.items.map(({ estimateId }) => estimateId)).toEqual(['e1', 'e2']);
});

it('weather, hour by hour as it was reported last', async () => {
  const at = (iso: string): number => msFromIso(`2026-03-${iso}:00:00.000Z`);
  const { documents } = views;
  const hours = await weatherBetween(documents, 'rome', at('16T23'), at('17T03'));
  expect(hours.map(({ startMs }) => startMs)).toEqual([...[at('16T23'), at('17T00'), at('17T02')]]);
  expect(hours.map((hour) => hour.irradianceDeciWPerM2)).toEqual([10, 21, 40]);
  expect(hours[0]).toMatchObject({ temperatureDeciC: 150, windCmPerS: 300 });
  // An hour that only touches the period counts.
  expect(await weatherBetween(documents, 'rome', at('17T00') + 1, at('17T02'))).toHaveLength(1);
  expect(await weatherBetween(documents, 'milan', at('16T23'), at('17T03'))).toEqual([]);
});

it('checkpoints: the latest, the latest anchored, and which covers an event', async () => {
  const { documents } = views;
  expect(await getCertifier(documents)).toMatchObject({ origin: 'log' });
  expect((await latestCheckpoint(documents))?.size).toBe(40);
  expect((await latestAnchor(documents))?.size).toBe(30);
  const covering = async (position: number, anchored: boolean) =>
    (await checkpointCovering(documents, position, { anchored }))?.size;
  expect(await covering(9, true)).toBe(10);
  expect(await covering(10, false)).toBe(20);
  expect(await covering(10, true)).toBe(30);
  expect(await covering(30, false)).toBe(40);
  expect(await covering(30, true)).toBeUndefined();
  expect((await findCheckpoints(documents)).items.map(({ size }) => size)).toEqual([
    40, 30, 20, 10,
  ]);
});

it('a rebuild gives the same', async () => {
  const before = await findPods(views.documents, {});
  expect(await views.runner.rebuild()).toBe(day.length);
  expect(await findPods(views.documents, {})).toEqual(before);
});
