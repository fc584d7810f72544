/** By hand, imported, forecast: three ways, one event; over a real log and the real register. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MeteringSource,
  type PodCommand,
  type PodEvent,
  type RecordedEvent,
  addDays,
  deliveryDay,
} from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import { type Views, openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { createPersistentTasks } from '../persistent-tasks';
import { openNeighbours } from '../testing/neighbours';
import { createBaselineDeclarations } from './baseline-declarations';
import { createForecastProcess } from './forecast-process';
import { parseBaselines } from './parse-baselines';
import { bidding } from '../testing/bidding';

const { rulePack: rules } = loadRulePack('platone');
const DAY = '2026-03-17';
const [A, B, OTHERS] = ['IT002E60000001', 'IT002E60000002', 'IT002E60000003'] as const;
const flat = (watts: number): number[] => new Array<number>(96).fill(watts);

let folder: string;
let clock: VirtualClock;
let store: Awaited<ReturnType<typeof openSqliteEventStore>>;
let views: Views;
let register: Pick<RegisterPort, 'submit'>;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-baselines-'));
  clock = new VirtualClock(Date.parse('2026-03-16T09:00:00Z'));
  store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  views = openViews({ path: ':memory:', store });
  const neighbours = openNeighbours({ store, views, clock });
  register = neighbours.ports.register;
  const details = {
    ...({ customerKind: 'household', contractedPowerW: 3_000, annualEnergyKwh: 2_000 } as const),
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  };
  const registrations = [A, B, OTHERS].map((podId): PodCommand => {
    const aggregatorId = podId === OTHERS ? 'AGG2' : 'AGG1';
    return { kind: 'registerPod', podId, aggregatorId, ...details };
  });
  await neighbours.register(registrations);
});
afterEach(async () => {
  await views.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const own = () =>
  createBaselineDeclarations({ aggregatorId: 'AGG1', register, timeZone: rules.timeZone });

async function declared(): Promise<[string, string, number, string][]> {
  const baselines: [string, string, number, string][] = [];
  for await (const event of store.readAll({ filter: { types: ['BaselineDeclared'] } })) {
    const { podId, origin, baselineW } = event.data as Extract<
      PodEvent,
      { type: 'BaselineDeclared' }
    >['data'];
    baselines.push([podId, origin, baselineW[0]!, event.actor]);
  }
  return baselines;
}

it('are declared by hand, each by itself, and only by the PoD’s own aggregator', async () => {
  const of = { deliveryDay: DAY };
  const answers = await own().declare(
    [
      { podId: OTHERS, ...of, baselineW: flat(1) },
      { podId: A, ...of, baselineW: flat(500) },
      { podId: B, ...of, baselineW: [1, 2, 3] },
      { podId: 'IT002E69999999', ...of, baselineW: flat(1) },
    ],
    'byHand',
  );
  expect(answers.map((answer) => (answer.accepted ? 'accepted' : answer.reason))).toEqual([
    "the PoD is not one of aggregator:AGG1's",
    'accepted',
    expect.stringContaining(B),
    "the PoD is not one of aggregator:AGG1's",
  ]);
  expect(await declared()).toEqual([[A, 'byHand', 500, 'aggregator:AGG1']]);
});

it('are imported from a file', async () => {
  const lines = flat(0).map((_, mtu) => `${A},${DAY},${mtu},${mtu + 7}`);
  const text = ['podId,deliveryDay,mtu,baselineW', ...lines].join('\n');
  await own().declare(parseBaselines(text, rules.timeZone), 'imported');
  expect(await declared()).toEqual([[A, 'imported', 7, 'aggregator:AGG1']]);
});

it('are forecast when the day-ahead gate opens, for those who have none and were measured', async () => {
  // Two working days of A: 400 W and 601 W; the Saturday between counts for nothing.
  const wattsOn = new Map([
    ['2026-03-16', 400],
    ['2026-03-14', 9_000],
    ['2026-03-13', 601],
  ]);
  const metering: MeteringSource = {
    baselinesOf: () => Promise.reject(new Error('a forecast asks for no baselines')),
    activatedOn: () => Promise.reject(new Error('a forecast asks for no sales')),
    measuredW: async (podIds, startMs, mtuCount) => {
      const days = [...Array(20).keys()].map((back) => addDays(DAY, -back));
      const day = days.find((one) => deliveryDay(one, rules.timeZone).startMs === startMs);
      const watts = wattsOn.get(day ?? '') ?? null;
      return new Map(
        podIds.map((podId) => [
          podId,
          new Array<number | null>(mtuCount).fill(podId === A ? watts : null),
        ]),
      );
    },
  };
  const missing: unknown[] = [];
  const processor = createForecastProcess({
    bidders: bidding({
      portfolio: {
        aggregatorId: 'AGG1',
        on: async () => ({ pods: [], leftOut: [], withoutBaseline: [A, B] }),
      },
      metering,
      baselines: own(),
    }),
    tasks: createPersistentTasks({
      clock,
      timers: clock,
      retryPausesMs: [1_000],
      onProblem: (problem) => {
        throw new Error(problem);
      },
    }),
    rules,
    delayMinutes: 5,
    onMissing: (...told) => missing.push(told),
    replayAfter: () => store.head(),
  });
  const scheduled = (kind: string, sessionId: string) => ({
    data: { kind, sessionId, deliveryDay: DAY, gateOpensAt: '2026-03-16T10:00:00.000Z' },
  });
  await processor.handle(scheduled('dayAhead', 's1') as unknown as RecordedEvent);
  await processor.handle(scheduled('realTime', 's2') as unknown as RecordedEvent);
  await clock.advanceTo(Date.parse('2026-03-16T10:04:59Z'));
  expect(await declared()).toEqual([]);
  await clock.advanceTo(Date.parse('2026-03-16T12:00:00Z'));
  // 500.5 W, half to even.
  expect(await declared()).toEqual([[A, 'forecast', 500, 'aggregator:AGG1']]);
  expect(missing).toEqual([['AGG1', DAY, [B], 'no like day was measured in full']]);
});
