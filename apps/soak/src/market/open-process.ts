/** The platforms of one process in a world, as the composer opens them, on the world's models. */
import {
  type AggregatorPorts,
  AGGREGATOR_POLICY,
  type OpenedAggregatorPlatform,
  aggregatorViews,
  openAggregatorPlatform,
} from '@flexledger/aggregator-platform';
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  type OpenedBlockchainAccessLayer,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
} from '@flexledger/blockchain-access-layer';
import { certifierViews, chainAnchors, openCertifier } from '@flexledger/certifier';
import {
  DSO_POLICY,
  type OpenedDso,
  dsoViews,
  openDsoTechnicalPlatform,
} from '@flexledger/dso-technical-platform';
import { partyLog } from '@flexledger/service-kit';
import type { ProposedEvent } from '@flexledger/domain';
import {
  type EventStore,
  type MemoryLog,
  type Processor,
  type ProcessorState,
  createProcessorRunner,
  openMemoryEventStore,
} from '@flexledger/event-store';
import { ed25519KeyFrom, newTokenKey, signEd25519 } from '@flexledger/identity';
import {
  type MarketPlatform,
  agreementLedger,
  marketViews,
  openMarketPlatform,
  tokenLedger,
} from '@flexledger/market-platform';
import type { NoteSigner } from '@flexledger/merkle-log';
import type { MeasurementsPort, OrdersPort, OutcomesPort, RegisterPort } from '@flexledger/ports';
import type { ResultsPort, SetpointsPort } from '@flexledger/ports';
import {
  type AnyView,
  type DocumentStore,
  type Views,
  allViews,
  openViews,
} from '@flexledger/projections';
import { type Scenario, publishedModel, tsoNeedsOf } from '@flexledger/scenario';
import type { LoadedRulePack, OpenedPlatform } from '@flexledger/service-kit';
import {
  type OpenedSharedCustomerDatabase,
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
  sharedCustomerDatabaseViews,
} from '@flexledger/shared-customer-database';
import { openTsoSimulator } from '@flexledger/tso-simulator';
import type { ModelBroker } from '../models/model-broker';
import type { ModelChain } from '../models/model-chain';
import { verifyingHere } from '../models/plain-signatures';
import { type Life, usedBy } from '../world/life';
import { slowedClock } from '../world/process-clock';
import type { PlatformName } from './layout';
import { type CallFate, remotePort } from './remote-ports';

/** What outlives the processes of a world. */
export interface Ground {
  readonly startMs: number;
  readonly log: MemoryLog;
  readonly state: ProcessorState;
  readonly chain: ModelChain;
  readonly broker: ModelBroker;
  readonly scenario: Scenario;
  readonly rules: LoadedRulePack;
  /** By process, its read models. */
  readonly documentsOf: (process: string) => DocumentStore;
  /** Which life of a process serves a platform now. */
  readonly directory: Map<PlatformName, { readonly life: Life; readonly process: OpenProcess }>;
  readonly fateOfCall: () => CallFate;
  /** How a platform's processors are run; as they are when absent. */
  readonly processorsOf?: (processors: readonly Processor[], life: Life) => readonly Processor[];
  /** Told what a writer was told: these stand. */
  readonly acknowledged: (events: readonly ProposedEvent[]) => void;
  readonly onProblem: (process: string, problem: string) => void;
  /** The world is over, and so is what its processes still wait for. */
  readonly over: AbortSignal;
}

/** A process whose platforms are open. */
export interface OpenProcess {
  readonly views: Views;
  readonly customers?: OpenedSharedCustomerDatabase;
  readonly accessLayer?: OpenedBlockchainAccessLayer;
  readonly market?: MarketPlatform;
  readonly dso?: OpenedDso;
  readonly aggregators?: OpenedAggregatorPlatform;
}

interface Ports {
  readonly register: RegisterPort;
  readonly measurements: MeasurementsPort;
  readonly setpoints: SetpointsPort;
  readonly orders: OrdersPort;
  readonly outcomes: OutcomesPort;
  readonly results: ResultsPort;
}

/** So much faster than the machine's clock, by which leases go, is the market's. */
export const MACHINE_SLOWER = 600;
/** Pauses of processors, ms of the machine's clock: 6 s to 5 min of the market's. */
const BACK_OFF_MS = [10, 50, 200, 500];
/** How often a halted processor tries again: every 5 min of the market's clock. */
const HALTED_RETRY_MS = 500;
const FLUSH_EVERY_MS = 20_000;
const SEAL_EVERY_S = 3_600;
const SIGNING_SEED = '5a'.repeat(32);

const VIEWS_OF: Record<PlatformName, readonly AnyView[]> = {
  'shared-customer-database': sharedCustomerDatabaseViews,
  'blockchain-access-layer': blockchainAccessLayerViews,
  'dso-technical-platform': dsoViews,
  'market-platform': marketViews,
  'tso-simulator': [],
  'aggregator-platform': aggregatorViews,
  certifier: certifierViews,
};

/** The read models of a process of such platforms. */
export function viewsOf(platforms: readonly PlatformName[]): readonly AnyView[] {
  if (platforms.length > 1) return allViews;
  return [...new Set(platforms.flatMap((platform) => VIEWS_OF[platform]))];
}

/** Opens the platforms of a process and lets its processors follow the log. */
export async function openProcess(
  ground: Ground,
  life: Life,
  platforms: readonly PlatformName[],
): Promise<OpenProcess> {
  const { chain, broker, scenario, rules } = ground;
  const { clock } = life;
  const onProblem = (problem: string): void => ground.onProblem(life.name, problem);
  const store = openMemoryEventStore({ log: ground.log, clock, faults: life });
  const log: EventStore = {
    ...store,
    async append(streamId, expected, events) {
      const appended = await store.append(streamId, expected, events);
      ground.acknowledged(events);
      return appended;
    },
  };
  const state = usedBy(life, 'state', ground.state);
  const documents = usedBy(life, 'views', ground.documentsOf(life.name));
  const views = openViews({ path: '', documents, store: log, views: viewsOf(platforms) });
  const connect = broker.connectionsOf({ name: life.name, faults: life, ended: life.ended });
  const address = { host: 'broker', port: 0, username: 'platform', token: 'platform', connect };
  const sending = { transaction: () => ({ blockTimeMs: clock.nowMs() }), sent: async () => {} };
  const opened: { -readonly [Name in keyof OpenProcess]: OpenProcess[Name] } = { views };
  const processors: Processor[] = [];
  const add = <Opened extends OpenedPlatform>(platform: Opened): Opened => {
    processors.push(...platform.processors);
    return platform;
  };
  const runs = (platform: PlatformName): boolean => platforms.includes(platform);
  // Asked when a platform is opened: those before it are reached directly.
  const portsNow = (): Ports => portsOf(ground, life, opened);
  const common = { log, views, clock, timers: clock, onProblem };

  if (runs('shared-customer-database')) {
    const policy = { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone: rules.rulePack.timeZone };
    opened.customers = add(await openSharedCustomerDatabase({ log, views, clock, policy }));
  }
  if (runs('blockchain-access-layer')) {
    opened.accessLayer = add(
      await openBlockchainAccessLayer({
        ...common,
        instance: life.name,
        broker: address,
        signatures: verifyingHere,
        credentials: {
          nodeToken: (podId) => podId,
          enrolmentToken: (podId, name) => `${podId}/${name}`,
          broker: () => ({ host: 'broker', port: 0, tls: false }),
        },
        policy: { ...BLOCKCHAIN_ACCESS_LAYER_POLICY, flushEveryMs: FLUSH_EVERY_MS },
      }),
    );
  }
  if (runs('market-platform')) {
    const tokens = usedBy(life, 'chain', chain.tokenContract);
    const agreements = usedBy(life, 'chain', chain.agreementContract);
    const { register, measurements } = portsNow();
    opened.market = add(
      await openMarketPlatform({
        ...common,
        rules,
        saltKey: '5a'.repeat(32),
        ports: {
          register,
          measurements,
          tokens: tokenLedger(tokens as never, sending),
          agreementLedger: agreementLedger(agreements as never, sending),
        },
      }),
    );
    const { calendar } = opened.market;
    processors.push({
      name: 'market/calendar',
      types: [],
      handle: async () => {},
      begin: () => calendar.run(),
    });
  }
  if (runs('dso-technical-platform')) {
    const ports = portsNow();
    opened.dso = add(
      await openDsoTechnicalPlatform({
        ...common,
        broker: { ...address, instance: life.name },
        ports: { ...ports, outcomes: usedBy(life, 'outcomes', ports.outcomes) },
        rules: rules.rulePack,
        grid: {
          gridId: scenario.gridId,
          model: publishedModel(scenario),
          limits: scenario.limits,
        },
        policy: DSO_POLICY,
      }),
    );
  }
  if (runs('tso-simulator')) {
    const policy = { seed: scenario.seed, needs: tsoNeedsOf(scenario), delayMinutes: 15 };
    add(await openTsoSimulator({ ...common, ports: portsNow(), policy }));
  }
  if (runs('aggregator-platform')) {
    const ports = portsNow();
    opened.aggregators = add(
      await openAggregatorPlatform({
        ...common,
        portsOf: (): AggregatorPorts => ports,
        rules: rules.rulePack,
        tokenKey: newTokenKey,
        policy: AGGREGATOR_POLICY,
      }),
    );
  }
  if (runs('certifier')) {
    add(
      await openCertifier({
        ...common,
        shown: partyLog(log),
        anchors: chainAnchors({
          contract: usedBy(life, 'chain', chain.anchorContract),
          clock,
          afterTransaction: async () => {},
        }),
        origin: 'soak',
        signer: signer(),
        chain: {
          chainId: chain.chainId,
          anchorContract: chain.anchorContract.address,
          tokenContract: chain.tokenContract.address,
          agreementContract: chain.agreementContract.address,
        },
        folder: ':memory:',
        policy: { sealEverySeconds: SEAL_EVERY_S, witnesses: [] },
      }),
    );
  }
  for (const platform of platforms) ground.directory.set(platform, { life, process: opened });
  const machine = slowedClock(clock, ground.startMs, MACHINE_SLOWER);
  const runner = createProcessorRunner({
    store: log,
    state,
    owner: life.name,
    processors: ground.processorsOf?.(processors, life) ?? processors,
    clock: machine,
    timers: machine,
    backOffMs: BACK_OFF_MS,
    haltedRetryMs: HALTED_RETRY_MS,
    viewsReady: (position) => views.caughtUp(position),
    onProblem: ({ message }) => onProblem(message),
    faults: life,
  });
  void runner.follow(ground.over);
  opened.accessLayer?.layer.flushRegularly();
  return opened;
}

/** The ports as a process reaches them: its own directly, those of others as over a network. */
function portsOf(ground: Ground, life: Life, own: OpenProcess): Ports {
  const { directory, fateOfCall } = ground;
  const customers = <Name extends 'register' | 'measurements' | 'setpoints'>(name: Name) =>
    remotePort(
      life,
      { platform: 'shared-customer-database', name },
      () => {
        const served = directory.get('shared-customer-database');
        if (!served?.life.isAlive()) return undefined;
        return { life: served.life, ports: served.process.customers!.ports };
      },
      fateOfCall,
    );
  const market = <Name extends 'orders' | 'outcomes' | 'results'>(name: Name) =>
    remotePort(
      life,
      { platform: 'market-platform', name },
      () => {
        const served = directory.get('market-platform');
        if (!served?.life.isAlive()) return undefined;
        return { life: served.life, ports: served.process.market!.ports };
      },
      fateOfCall,
    );
  return {
    register: own.customers?.ports.register ?? customers('register'),
    measurements: own.customers?.ports.measurements ?? customers('measurements'),
    setpoints: own.customers?.ports.setpoints ?? customers('setpoints'),
    orders: own.market?.ports.orders ?? market('orders'),
    outcomes: own.market?.ports.outcomes ?? market('outcomes'),
    results: own.market?.ports.results ?? market('results'),
  };
}

function signer(): NoteSigner {
  const { publicKey, privateKey } = ed25519KeyFrom(SIGNING_SEED);
  return {
    key: { name: 'soak', publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message) => signEd25519(privateKey, message),
  };
}
