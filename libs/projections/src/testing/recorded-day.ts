/**
 * A day on which something of every kind happened, in a real log and the real file of the read
 * models.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activationStream, CERTIFICATION_STREAM, type ProposedEvent } from '@flexledger/domain';
import { openSqliteEventStore, type SqliteEventStore } from '@flexledger/event-store';
import { msFromIso, VirtualClock } from '@flexledger/runtime';
import { openViews, type Views } from '../open-views';
import { idAt, inStream, type LoggedEvent } from './recorded-log';
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
} from './session-events';

/** When everything was recorded, as if at once. */
export const RECORDED_AT = '2026-03-16T10:00:00.000Z';

export const POD_A = 'IT002E00000001';
export const POD_B = 'IT002E00000002';
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
    gridId: 'rome',
    source: 'test',
    hours,
    irradianceDeciWPerM2,
    temperatureDeciC: hours.map(() => 150),
    windCmPerS: hours.map(() => 300),
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

/** The day's events, in the order of the log. */
const EVENTS: readonly LoggedEvent[] = [
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
      forecastId: 'f1',
      gridId: 'rome',
      sessionId: SESSION,
      podIds: [POD_B, POD_A],
      forecastW: [[2], [1]],
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

/** The log of the day and its read models, caught up. */
export interface RecordedDay {
  readonly store: SqliteEventStore;
  readonly views: Views;
  /** How many events the log has. */
  readonly events: number;
  /** Opens the same file of read models once more. */
  openAgain(): Views;
  close(): Promise<void>;
}

/** Records the day in a folder of its own, which `close` removes. */
export async function openRecordedDay(): Promise<RecordedDay> {
  const folder = mkdtempSync(join(tmpdir(), 'flexledger-views-'));
  const clock = new VirtualClock(msFromIso(RECORDED_AT));
  const store = openSqliteEventStore({ path: join(folder, 'events.sqlite'), clock });
  for (const [position, { streamId, type, data }] of EVENTS.entries()) {
    const id = idAt(position);
    const event: ProposedEvent = {
      id,
      type,
      schemaVersion: 1,
      occurredAt: RECORDED_AT,
      correlationId: id,
      causationId: id,
      actor: 'platform:test',
      data,
    };
    await store.append(streamId, 'any', [event]);
  }
  const open = (): Views => openViews({ path: join(folder, 'views.sqlite'), store });
  const views = open();
  await views.runner.catchUp();
  return {
    store,
    views,
    events: EVENTS.length,
    openAgain: open,
    async close() {
      await views.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
