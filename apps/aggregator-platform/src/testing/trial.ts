/** An aggregator platform between its neighbours, on a clock that moves when told, over a real log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CalendarEntry,
  type PodCommand,
  type RecordedEvent,
  type UnitCosts,
  deliveryDay,
  sessionsDelivering,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type SqliteEventStore,
  contextOf,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { newTokenKey } from '@flexledger/identity';
import { openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { aggregatorViews } from '../aggregator-views';
import {
  type AggregatorPlatformOptions,
  type OpenedAggregatorPlatform,
  openAggregatorPlatform,
} from '../open';
import { type Neighbours, openNeighbours } from './neighbours';

export const { rulePack: rules } = loadRulePack('platone');
export const DAY = '2026-03-17';
/** Of AGG1, which alone has declared costs and acts by itself; of AGG2; of AGG9. */
export const [A, B, FOREIGN, STRANGER] = [
  'IT002E60000001',
  'IT002E60000002',
  'IT002E60000003',
  'IT002E60000009',
] as const;
export const flat = (watts: number): number[] => new Array<number>(96).fill(watts);

export const unitCosts = (podId: string, operationMicroEurPerKwh: number): UnitCosts => ({
  podId,
  marketMicroEurPerKwh: 0,
  weatherMicroEurPerKwh: 0,
  maintenanceMicroEurPerKwh: 0,
  operationMicroEurPerKwh,
  strategyMicroEurPerKwh: 0,
  fixedMicroEurPerMtu: 0,
  feedInW: 0,
  limits: null,
});

export interface Trial extends Neighbours {
  readonly clock: VirtualClock;
  readonly store: SqliteEventStore;
  readonly views: ReturnType<typeof openViews>;
  platform: OpenedAggregatorPlatform;
  readonly problems: string[];
  readonly dayAhead: CalendarEntry;
  readonly realTime: CalendarEntry;
  /** Hands the processors what is new in the log. A handler that rejects lets it be handed on again. */
  handOn(): Promise<void>;
  /** Lets time go on, handing on what follows. */
  until(epochMs: number): Promise<void>;
  /** Closes the platform and opens it again, as another instance would: from `replayAfter` on. */
  restart(): Promise<void>;
  events(type: string): Promise<RecordedEvent[]>;
  close(): Promise<void>;
}

/** Opens one an hour before the day-ahead gate opens, its customers registered and located. */
export async function openTrial(
  overrides: Partial<AggregatorPlatformOptions> = {},
): Promise<Trial> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-aggregators-'));
  const [dayAhead, realTime] = sessionsDelivering(DAY, rules) as [CalendarEntry, CalendarEntry];
  const clock = new VirtualClock(dayAhead.gateOpensMs - 3_600_000);
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  // Nothing but what the platform says it reads: a view that is missing in its list is empty here.
  const views = openViews({ path: ':memory:', store, views: aggregatorViews });
  const neighbours = openNeighbours({ store, views, clock });
  const problems: string[] = [];
  const tokenKey = await newTokenKey();
  const open = (): Promise<OpenedAggregatorPlatform> =>
    openAggregatorPlatform({
      log: store,
      views,
      clock,
      timers: clock,
      portsOf: () => neighbours.ports,
      rules,
      tokenKey: () => Promise.resolve(tokenKey),
      onProblem: (problem) => problems.push(problem),
      ...overrides,
    });
  await neighbours.register([A, B, FOREIGN, STRANGER].flatMap(registration));
  const platform = await open();
  const context = contextOf('costs', 'costs', 'aggregator:AGG1');
  await platform.costs.declare('AGG1', [unitCosts(A, 80_000), unitCosts(B, 90_000)], context);
  const margin = { ...context, commandId: 'margin' };
  await platform.costs.declareMargin('AGG1', 100, margin);
  await views.runner.catchUp();
  let handled = BEFORE_FIRST;
  const trial: Trial = {
    ...neighbours,
    clock,
    store,
    views,
    platform,
    problems,
    dayAhead,
    realTime,
    async handOn() {
      for await (const event of store.readAll({ after: handled })) {
        for (const { types, handle } of trial.platform.processors) {
          if (types.includes(event.type)) await handle(event);
        }
        handled = event.position;
      }
      await views.runner.catchUp();
    },
    async until(epochMs) {
      await trial.handOn();
      await clock.advanceTo(epochMs, () => trial.handOn());
    },
    async restart() {
      await trial.platform.close();
      trial.platform = await open();
      const asked = trial.platform.processors.flatMap((processor) =>
        'replayAfter' in processor ? [processor.replayAfter as () => Promise<number>] : [],
      );
      handled = Math.min(...(await Promise.all(asked.map((replayAfter) => replayAfter()))));
    },
    async events(type) {
      const found: RecordedEvent[] = [];
      for await (const event of store.readAll({ filter: { types: [type] } })) found.push(event);
      return found;
    },
    async close() {
      await trial.platform.close();
      await views.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return trial;
}

const OWNERS: Readonly<Record<string, string>> = { [FOREIGN]: 'AGG2', [STRANGER]: 'AGG9' };

function registration(podId: string): PodCommand[] {
  const { mtuCount } = deliveryDay(DAY, rules.timeZone);
  return [
    {
      kind: 'registerPod',
      podId,
      aggregatorId: OWNERS[podId] ?? 'AGG1',
      customerKind: 'household',
      contractedPowerW: 6_000,
      annualEnergyKwh: 2_000,
      pvPeakW: 0,
      wallet: `0x${'1'.repeat(40)}`,
    },
    { kind: 'locatePod', podId, gridId: 'rome', busId: 'bus-1', pom: 'CP1' },
    { kind: 'declareFlexibility', podId, upW: 500, downW: 0, upVar: 0, downVar: 0 },
    {
      kind: 'declareBaseline',
      podId,
      deliveryDay: DAY,
      mtuCount,
      baselineW: flat(2_000),
      origin: 'imported',
    },
  ];
}
