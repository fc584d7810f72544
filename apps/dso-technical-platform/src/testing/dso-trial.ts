/**
 * A DSO opened as in life, over a real log and a real broker, with neighbours that a test plays. It can
 * be opened several times beside itself; each instance has a clock of its own, so that one can stop.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Schedule,
  type OperatingLimits,
  type PodEvent,
  podStream,
  sessionStream,
} from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { type Broker, gridTopic, startBroker } from '@flexledger/messaging';
import type { RegisteredPod } from '@flexledger/ports';
import { type Views, openViews } from '@flexledger/projections';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { FEEDS } from '../feeds/open-feeds';
import { type OpenedDso, openDsoTechnicalPlatform } from '../open';
import { OPERATION_TOPICS } from '../operations/operations-feed';
import { DSO_POLICY } from '../policy';
import { OPEN, feederFile } from '@flexledger/grid-operations';
import { type TrialMarket, type TrialMeters, appendEvent, openNeighbours } from './neighbours';

export const GRID_ID = 'feeder';
export const MINUTE_MS = 60_000;
/** Two customers at the end of two lines, of which the last carries less than they draw. */
const LINES = [
  { parent: 0, rOhm: 0.03 },
  { parent: 1, rOhm: 0.03 },
];
export const LIMITS: OperatingLimits = { ...OPEN, lineLimitA: { l1: 1_000, l2: 20 } };
export const TRIAL_PODS = ['IT002E60000001', 'IT002E60000002'] as const;
const ANNUAL_KWH = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** An hour before the gate of the first session. */
export const START_MS = Date.parse('2026-03-16T09:00:00Z');

/** A real-time session of four hours; the gate opens an hour after the start, each later one a day on. */
export function scheduledData(day = 0): Schedule {
  const opensMs = START_MS + HOUR_MS + day * 24 * HOUR_MS;
  const startMs = opensMs + 8 * HOUR_MS;
  const name = isoFromMs(startMs).slice(0, 'yyyy-mm-ddThh:mm'.length);
  return {
    sessionId: `realTime-${name}Z`,
    kind: 'realTime',
    deliveryDay: isoFromMs(startMs).slice(0, 'yyyy-mm-dd'.length),
    deliveryStart: isoFromMs(startMs),
    mtuCount: 16,
    gateOpensAt: isoFromMs(opensMs),
    gateClosesAt: isoFromMs(opensMs + 2 * HOUR_MS),
    resultDueAt: isoFromMs(opensMs + 3 * HOUR_MS),
    rulePackDigest: '',
    registerPosition: 0,
  };
}

/** One running instance. */
export interface DsoInstance {
  readonly dso: OpenedDso;
  readonly views: Views;
  readonly clock: VirtualClock;
  /**
   * From now on its processors are handed events: after what was handled (`after`), or from further
   * back where one of them needs it.
   */
  work(after?: number): Promise<void>;
  /** Position up to which its processors were handed events. */
  handled(): number;
  /** Nothing of it happens any more, as if its process was killed. */
  die(): Promise<void>;
}

export interface DsoTrial {
  readonly log: EventStore;
  readonly market: TrialMarket;
  readonly meters: TrialMeters;
  /** What the register knows of the customers. */
  readonly customers: RegisteredPod[];
  readonly broker: Broker;
  /** What instances complained of. */
  readonly problems: readonly string[];
  open(instance: string): Promise<DsoInstance>;
  /** Time goes on for all instances that live, with all that follows from it. */
  until(ms: number): Promise<void>;
  /** Puts a session into the log, and lets the working instances see it. */
  schedule(day?: number): Promise<string>;
  register(podId: string): Promise<void>;
  append(streamId: string, type: string, data: object): Promise<number>;
  settle(): Promise<void>;
  typesLogged(): Promise<string[]>;
  close(): Promise<void>;
}

/** Who may say something at the broker, and where. */
export const TRIAL_SOURCES = [
  { username: 'pmu-1', token: 'pmu-token', topics: ['raw/bal', 'raw/bal/pmu-1'] },
  {
    username: 'data-server',
    token: 'data-token',
    topics: OPERATION_TOPICS.map((one) => gridTopic(GRID_ID, one)),
  },
] as const;

/** The network that it begins with. */
export interface TrialGrid {
  readonly model: object;
  readonly limits: OperatingLimits;
}

/** Both customers at the end of the two lines. */
const TWO_LINES: TrialGrid = { model: feederFile(LINES), limits: LIMITS };

export async function openDsoTrial(grid = TWO_LINES): Promise<DsoTrial> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-dso-'));
  const clock = new VirtualClock(START_MS);
  const log = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
  const user = { username: 'platform', token: 'platform-token' };
  const broker = await startBroker({
    port: 0,
    credentials: { platform: user, sources: TRIAL_SOURCES, tokenOf: () => undefined },
  });
  const { market, register, meters, ports } = openNeighbours(log, clock);
  register.pods.push(...TRIAL_PODS.map((podId) => registered(podId)));
  const problems: string[] = [];
  const instances = new Set<DsoInstance & { drain(): Promise<void> }>();
  const model = { ...grid.model, pods: TRIAL_PODS.map((id) => ({ id, bus: 'n2' })) };

  async function open(name: string): Promise<DsoInstance> {
    const own = new VirtualClock(clock.nowMs());
    const views = openViews({ path: ':memory:', store: log });
    const dso = await openDsoTechnicalPlatform({
      log,
      views,
      clock: own,
      timers: own,
      broker: { host: broker.host, port: broker.port, ...user, instance: name },
      ports,
      rules: RULES,
      grid: { gridId: GRID_ID, model, limits: grid.limits },
      policy: DSO_POLICY,
      feeds: { taken: FEEDS, phasorsFile: path.join(folder, 'phasors.sqlite') },
      tcp: { port: 0, sources: TRIAL_SOURCES },
      onProblem: (problem) => problems.push(`${name}: ${problem}`),
    });
    await dso.carrying.ready;
    await dso.feedsReady;
    const turn = new AbortController();
    let isWorking = false;
    let handled = BEFORE_FIRST;
    const drain = async (): Promise<void> => {
      if (!isWorking) return;
      for (let before: number | undefined; before !== handled;) {
        before = handled;
        for await (const event of log.readAll({ after: handled })) {
          for (const { types, handle } of dso.processors) {
            if (types.includes(event.type)) await handle(event);
          }
          handled = event.position;
        }
      }
    };
    const instance = {
      dso,
      views,
      clock: own,
      drain,
      async work(after = BEFORE_FIRST) {
        for (const { begin } of dso.processors) await begin?.({ signal: turn.signal, fence: 0 });
        const replays = dso.processors.flatMap(({ replayAfter }) => replayAfter?.() ?? []);
        handled = Math.min(after, ...(await Promise.all(replays)));
        isWorking = true;
        await drain();
      },
      handled: () => handled,
      async die() {
        instances.delete(instance);
        turn.abort();
        await dso.close();
        await views.close();
      },
    };
    instances.add(instance);
    return instance;
  }

  const settle = async (): Promise<void> => {
    for (const instance of instances) await instance.drain();
  };
  const append: DsoTrial['append'] = async (streamId, type, data) => {
    const position = await appendEvent(log, clock, streamId, { type, data });
    await settle();
    return position;
  };
  return {
    log,
    market,
    meters,
    customers: register.pods,
    broker,
    problems,
    open,
    settle,
    append,
    async until(ms) {
      await clock.advanceTo(ms);
      for (const instance of instances) await instance.clock.advanceTo(ms, instance.drain);
      await settle();
    },
    async schedule(day) {
      const data = scheduledData(day);
      await append(sessionStream(data.sessionId), 'SessionScheduled', data);
      return data.sessionId;
    },
    async register(podId) {
      const { details } = registered(podId);
      const data: Extract<PodEvent, { type: 'PodRegistered' }>['data'] = { podId, ...details! };
      await append(podStream(podId), 'PodRegistered', data);
    },
    async typesLogged() {
      const types: string[] = [];
      for await (const { type } of log.readAll()) types.push(type);
      return types;
    },
    async close() {
      for (const instance of [...instances]) await instance.die();
      await broker.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a DSO has to know of the market's rules. */
const RULES = {
  timeZone: 'Europe/Rome',
  baseline: { method: 'nominated', holidays: [] },
} as unknown as Parameters<typeof openDsoTechnicalPlatform>[0]['rules'];

function registered(podId: string): RegisteredPod {
  return {
    podId,
    status: 'registered',
    aggregatorId: 'AGG1',
    gridId: GRID_ID,
    busId: 'n2',
    pom: 'PS-t1',
    details: {
      aggregatorId: 'AGG1',
      customerKind: 'household',
      contractedPowerW: 30_000,
      annualEnergyKwh: ANNUAL_KWH,
      pvPeakW: 0,
      wallet: '0x1',
    },
    flexibility: { upW: 20_000, downW: 0, upVar: 0, downVar: 0 },
    unavailableDays: [],
    automaticOffers: true,
    services: {},
    agreement: null,
  };
}
