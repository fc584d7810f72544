/** One world: a small market day with its faults, from the registration to the last settlement and beyond. */
import { setMaxListeners } from 'node:events';
import type { MeasurementPacket } from '@flexledger/domain';
import {
  type MemoryLog,
  type Processor,
  contextOf,
  createMemoryLog,
  memoryProcessorState,
} from '@flexledger/event-store';
import { type DocumentStore, openSqliteDocumentStore } from '@flexledger/projections';
import { messageOf, seededRandom } from '@flexledger/runtime';
import { declareCosts, registerMarket } from '@flexledger/scenario';
import type { PlantedBug } from './bugs';
import type { Fault } from './faults/fault';
import { faultEffects } from './faults/fault-effects';
import { hostileBid, hostilePacket } from './market/hostile';
import { type Layout, type PlatformName } from './market/layout';
import { type Ground, type OpenProcess, MACHINE_SLOWER, openProcess } from './market/open-process';
import type { SmallDay } from './market/small-day';
import { startSmallFleet } from './market/small-fleet';
import { createModelBroker } from './models/model-broker';
import { type ModelChain, createModelChain } from './models/model-chain';
import type { Life } from './world/life';
import { slowedClock } from './world/process-clock';
import { createWorld } from './world/world';

/** What is left of a world when it is over. */
export interface WorldAfter {
  readonly log: MemoryLog;
  readonly chain: ModelChain;
  /** Ids of the events that writers were told stand in the log. */
  readonly acknowledged: ReadonlySet<string>;
  /** Packets that a node was told were recorded: `POD/sequence`. */
  readonly acceptedPackets: ReadonlySet<string>;
  readonly pendingPackets: number;
  /** Read models, by process. */
  readonly documents: ReadonlyMap<string, DocumentStore>;
  /** The read models of a process are as far as they come. */
  readonly caughtUp: (process: string) => Promise<void>;
  readonly layout: Layout;
  readonly story: readonly string[];
  /** How many faults came to something. */
  readonly faultsThatCame: number;
  /** Processors that stand still, in words. */
  readonly halted: readonly string[];
  /** Lets go of what the world's processes still wait for, which nobody gives them any more. */
  readonly end: () => void;
}

export interface LiveOptions {
  readonly seed: number;
  readonly day: SmallDay;
  readonly layout: Layout;
  readonly faults: readonly Fault[];
  readonly bug?: PlantedBug;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** So long after the last settlement is due all is well again. */
const FAULTS_OVER_MS = 30 * MINUTE_MS;
/** And so much longer everything has to come to its end. */
const AFTERMATH_MS = 4 * HOUR_MS;

/** Lives through it. @throws WorldStuck */
export async function liveThrough(options: LiveOptions): Promise<WorldAfter> {
  const { seed, day, layout, faults, bug } = options;
  const { startMs, scenario, rules, period } = day;
  const acknowledged = new Set<string>();
  const acceptedPackets = new Set<string>();
  const lives = new Map<string, { life: Life; process?: OpenProcess }>();
  const log = createMemoryLog(bug?.log);
  const chain = createModelChain(bug?.chain);
  const effects = faultEffects(faults, {
    nowMs: () => world.nowMs(),
    tell: (line) => world.tell(line),
    crash: endLife,
    cutPower(downMs) {
      for (const name of layout.keys()) endLife(name, downMs);
      log.cutPower();
    },
    chain,
  });
  const world = createWorld({
    startMs,
    random: seededRandom(seed, 'order'),
    passing: effects.passing,
  });
  const broker = createModelBroker({
    delivery: effects.delivery,
    after: (delayMs, task) => world.at(world.nowMs() + delayMs, task),
  });
  const machine = slowedClock({ ...world, at: () => () => {} }, startMs, MACHINE_SLOWER);
  const documents = new Map<string, DocumentStore>();
  const halted = new Set<string>();
  const over = new AbortController();
  // Every processor of every life waits for it.
  setMaxListeners(0, over.signal);
  const ground: Ground = {
    startMs,
    log,
    state: memoryProcessorState(machine),
    chain,
    broker,
    scenario,
    rules,
    documentsOf(process) {
      const own = documents.get(process) ?? openSqliteDocumentStore({ path: ':memory:' });
      documents.set(process, own);
      return own;
    },
    directory: new Map(),
    fateOfCall: effects.fateOfCall,
    ...(bug?.processors && {
      processorsOf: (processors: readonly Processor[], life: Life) =>
        bug.processors!(processors, ground.state, life),
    }),
    acknowledged: (events) => events.forEach(({ id }) => acknowledged.add(id)),
    onProblem: (process, problem) => world.tell(`${process}: ${problem}`),
    over: over.signal,
  };

  function start(name: string): void {
    const life = world.begin(name);
    const platforms = layout.get(name)!;
    const entry: { life: Life; process?: OpenProcess } = { life };
    lives.set(name, entry);
    openProcess(ground, life, platforms).then(
      (process) => void (entry.process = process),
      (error: unknown) => {
        // As a service manager does: again in a minute.
        world.tell(`${name} could not be opened: ${messageOf(error)}`);
        endLife(name, MINUTE_MS);
      },
    );
  }

  function endLife(name: string, downMs: number): void {
    const entry = lives.get(name)!;
    if (!entry.life.isAlive()) return;
    entry.life.end();
    world.at(world.nowMs() + downMs, () => {
      if (lives.get(name) === entry) start(name);
    });
  }

  for (const name of layout.keys()) start(name);
  await world.advanceTo(startMs);
  const find = <Name extends keyof OpenProcess>(platform: PlatformName, name: Name) =>
    ground.directory.get(platform)!.process[name]!;
  const registering = {
    customers: find('shared-customer-database', 'customers'),
    market: find('market-platform', 'market'),
    accessLayer: find('blockchain-access-layer', 'accessLayer'),
    aggregators: find('aggregator-platform', 'aggregators'),
    processors: { drain: () => world.quiet() },
  };
  const { date: deliveryDay } = day;
  await world.finish(
    registerMarket(registering, scenario, { deliveryDay, period }, day.shapes, () => 'simulated'),
  );
  await world.finish(declareCosts(registering, scenario));

  const fleet = startSmallFleet(day, broker, world);
  const sentPackets = watchPackets(ground, acceptedPackets);
  planFaults();
  for (let mtu = 0; mtu < period.mtuCount; mtu += 1) {
    const mtuMs = period.startMs + mtu * 15 * MINUTE_MS;
    await world.advanceTo(mtuMs);
    fleet.beginQuarterHour(mtu);
    await world.advanceTo(mtuMs + 15 * MINUTE_MS - 1);
    await world.advanceTo(mtuMs + 15 * MINUTE_MS);
    fleet.closeQuarterHour(mtu);
  }
  await world.advanceTo(day.settledMs + FAULTS_OVER_MS);
  heal();
  for (let hour = 0; hour * HOUR_MS < AFTERMATH_MS; hour += 1) {
    await world.advanceTo(world.nowMs() + HOUR_MS);
    // Nodes send again by the machine's timer; here, as their connections come back.
    if (fleet.pending() > 0) for (const name of fleet.names) broker.cut(name);
  }

  /** Faults that come at their moment, whoever passes what. */
  function planFaults(): void {
    for (const fault of faults) {
      const until = 'lastsMs' in fault ? fault.atMs + fault.lastsMs : fault.atMs;
      switch (fault.kind) {
        case 'pause':
          world.at(fault.atMs, () => lives.get(fault.process)?.life.pause());
          world.at(until, () => lives.get(fault.process)?.life.resume());
          break;
        case 'clockStep':
          world.at(fault.atMs, () => lives.get(fault.process)?.life.clock.setOffset(fault.stepMs));
          world.at(until, () => lives.get(fault.process)?.life.clock.setOffset(0));
          break;
        case 'silentNode': {
          const { podId } = scenario.pods[fault.pod % scenario.pods.length]!;
          world.at(fault.atMs, () => broker.setReachable(podId, false));
          world.at(until, () => broker.setReachable(podId, true));
          break;
        }
        case 'hostileBid':
          world.at(fault.atMs, () => sendHostileBid(fault.variant));
          break;
        case 'hostilePacket': {
          const { podId } = scenario.pods[fault.pod % scenario.pods.length]!;
          world.at(fault.atMs, () => {
            const sent = sentPackets.get(podId);
            if (sent) broker.forge(podId, 'measurement', hostilePacket(fault.variant, sent));
          });
          break;
        }
      }
    }
  }

  function sendHostileBid(variant: number): void {
    const market = ground.directory.get('market-platform');
    if (!market?.life.isAlive() || !market.process.market) return;
    const sessions = log.events.filter(({ type }) => type === 'SessionScheduled');
    if (sessions.length === 0) return;
    const { sessionId, mtuCount } = sessions[variant % sessions.length]!.data as {
      readonly sessionId: string;
      readonly mtuCount: number;
    };
    const { aggregatorId } = scenario.aggregators[variant % scenario.aggregators.length]!;
    const podIds = scenario.pods.map(({ podId }) => podId);
    const bid = hostileBid(variant, { aggregatorId, podIds, mtuCount });
    const context = contextOf(`hostile/${variant}`, 'hostile', `aggregator:${aggregatorId}`);
    Promise.resolve()
      .then(() => market.process.market!.ports.orders.offerFlexibility(sessionId, bid, context))
      .then(
        (refused) => world.tell(`hostile bid ${variant}: ${refused.length} rows refused`),
        (error: unknown) => world.tell(`hostile bid ${variant}: ${messageOf(error)}`),
      );
  }

  function heal(): void {
    effects.end();
    for (const [name, { life }] of lives) {
      life.resume();
      life.clock.setOffset(0);
      if (!life.isAlive()) start(name);
    }
    for (const name of fleet.names) {
      broker.setReachable(name, true);
      broker.cut(name);
    }
    world.tell('all is well again');
  }

  for (const { name, halt } of await ground.state.status()) {
    if (halt) halted.add(`${name} halted at ${halt.eventType ?? 'reading'}: ${halt.reason}`);
  }
  return {
    log,
    chain,
    acknowledged,
    acceptedPackets,
    pendingPackets: fleet.pending(),
    documents,
    caughtUp: async (name) => {
      const process = lives.get(name)?.process;
      if (process) await world.finish(process.views.caughtUp());
    },
    layout,
    story: world.story,
    faultsThatCame: effects.came(),
    halted: [...halted],
    end: () => over.abort(),
  };
}

/** Listens to what nodes send and are answered, as somebody with the platform's token would. */
function watchPackets(
  { broker }: Ground,
  accepted: Set<string>,
): ReadonlyMap<string, MeasurementPacket> {
  const sent = new Map<string, MeasurementPacket>();
  broker.listen((podId, kind, payload) => {
    if (kind === 'measurement') {
      const read = parsed(payload) as MeasurementPacket | readonly MeasurementPacket[] | undefined;
      const packet = Array.isArray(read) ? read.at(-1) : read;
      if (packet?.inputData?.podId === podId) sent.set(podId, packet as MeasurementPacket);
    }
    if (kind === 'measurementAck') {
      const read = parsed(payload) as object | readonly object[];
      for (const ack of (Array.isArray(read) ? read : [read]) as {
        sequence: number;
        accepted: boolean;
      }[]) {
        if (ack.accepted) accepted.add(`${podId}/${ack.sequence}`);
      }
    }
  });
  return sent;
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString()) as unknown;
  } catch {
    return undefined;
  }
}
