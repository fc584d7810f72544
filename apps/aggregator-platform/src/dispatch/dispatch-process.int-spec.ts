/** Each window is dispatched once, before it starts, and what cannot be delivered stands in the log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CalendarEntry,
  type DispatchReported,
  type OutcomeRow,
  type RecordedEvent,
  type SessionSales,
  type Setpoint,
  instantInName,
  sessionsDelivering,
} from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { createPersistentTasks } from '../persistent-tasks';
import type { PortfolioPod } from '../portfolio/portfolio';
import { createDispatchProcess } from './dispatch-process';
import { createDispatchReports } from './dispatch-reports';
import { bidding } from '../testing/bidding';

const { rulePack: rules } = loadRulePack('platone');
const DAY = '2026-03-17';
const [, firstWindow, secondWindow] = sessionsDelivering(DAY, rules) as [
  CalendarEntry,
  CalendarEntry,
  CalendarEntry,
];

let folder: string;
let clock: VirtualClock;
let store: Awaited<ReturnType<typeof openSqliteEventStore>>;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-dispatch-'));
  clock = new VirtualClock(firstWindow.period.startMs - 3_600_000);
  store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A plant that moves 300 W in a quarter-hour, and 250 Wh in a day. */
const plant: PortfolioPod = {
  podId: 'IT002E60000001',
  automaticOffers: true,
  costMicroEurPerKwh: 1,
  feedInW: 0,
  flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
  baselineW: new Array<number>(96).fill(2_000),
  limits: { responseMinutes: 0, startUpMinutes: 0, rampWPerMinute: 20, energyWh: 250 },
};

const scheduled = ({ sessionId, kind, period }: CalendarEntry): RecordedEvent => ({
  id: `${sessionId}-scheduled`,
  type: 'SessionScheduled',
  schemaVersion: 1,
  streamId: `session-${sessionId}`,
  revision: 0,
  position: 0,
  actor: 'platform:market',
  occurredAt: '',
  recordedAt: '',
  correlationId: sessionId,
  causationId: '',
  hash: '',
  data: {
    sessionId,
    kind,
    deliveryDay: DAY,
    mtuCount: period.mtuCount,
    deliveryStart: isoFromMs(period.startMs),
  },
});

/** Rows of the plant by window. */
const sales = (firstW: number[], secondW: number[]): SessionSales[] =>
  [firstW, secondW].map((acceptedW, index) => {
    const { sessionId, period } = [firstWindow, secondWindow][index]!;
    const row: OutcomeRow = {
      offerId: 'o',
      requestId: 'r',
      podId: plant.podId,
      aggregatorId: 'AGG1',
      ...({ requester: 'DSO', product: 'P', direction: 'up', firstMtu: 0, acceptedW } as const),
      priceMicroEurPerKwh: acceptedW.map(() => 1),
    };
    return { sessionId, ...period, rows: [row] };
  });

async function dispatched(sold: readonly SessionSales[]) {
  const issued: Setpoint[] = [];
  // Two instances, each with timers of its own, as when one takes over from another.
  for (const retryPausesMs of [[1_000], [1_000]]) {
    const processor = createDispatchProcess({
      bidders: bidding({
        portfolio: {
          aggregatorId: 'AGG1',
          on: async () => ({ pods: [plant], leftOut: [], withoutBaseline: [] }),
        },
        ports: {
          results: { resultsOf: async () => sold },
          setpoints: { issue: async (setpoints) => void issued.push(...setpoints) },
        },
      }),
      reports: createDispatchReports({ store, clock }),
      tasks: createPersistentTasks({
        clock,
        timers: clock,
        retryPausesMs,
        onProblem: (problem) => {
          throw new Error(problem);
        },
      }),
      rules,
      replayAfter: () => store.head(),
    });
    for (const window of [firstWindow, secondWindow]) await processor.handle(scheduled(window));
  }
  await clock.advanceTo(secondWindow.period.startMs - 1);
  const reports: DispatchReported['data'][] = [];
  for await (const event of store.readAll()) {
    expect(event.streamId).toMatch(/^dispatch-/);
    reports.push(event.data as DispatchReported['data']);
  }
  return { issued, reports };
}

it('reports every window once, with what is sold beyond the plant', async () => {
  const { reports } = await dispatched(sales([500, 500, 0], [500]));
  const { podId } = plant;
  expect(reports).toEqual([
    {
      aggregatorId: 'AGG1',
      windowStart: isoFromMs(firstWindow.period.startMs),
      setpoints: 1,
      infeasibleMtus: 1,
      infeasible: [{ podId, mtu: 0, soldChangeW: -500, changeW: -300, limit: 'ramp' }],
    },
    {
      // 1,000 W·MTU in a day, of which 800 are gone.
      aggregatorId: 'AGG1',
      windowStart: isoFromMs(secondWindow.period.startMs),
      setpoints: 1,
      infeasibleMtus: 1,
      infeasible: [{ podId, mtu: 0, soldChangeW: -500, changeW: -200, limit: 'energy' }],
    },
  ]);
});

it('asks of the plant what it can, before the window', async () => {
  const { issued } = await dispatched(sales([500, 500, 0], [0]));
  const leadMs = rules.calendar.setpointsBeforeMinutes * 60_000;
  expect(leadMs).toBeGreaterThan(0);
  expect(issued).toHaveLength(1);
  expect(issued[0]!.windowStart).toBe(isoFromMs(firstWindow.period.startMs));
  expect(issued[0]!.targetW.slice(0, 4)).toEqual([1_700, 1_500, null, null]);
});

it('names its stream by window and aggregator', async () => {
  await dispatched(sales([500], [0]));
  const streams = new Set<string>();
  for await (const { streamId } of store.readAll()) streams.add(streamId);
  const nameOf = ({ period }: CalendarEntry): string =>
    `dispatch-${instantInName(period.startMs)}-AGG1`;
  expect([...streams]).toEqual([nameOf(firstWindow), nameOf(secondWindow)]);
});
