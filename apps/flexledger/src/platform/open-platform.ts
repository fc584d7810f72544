/**
 * The platforms of one process over one log, wired at their ports: those of this process directly,
 * others over HTTP. The clock decides whether they live in real time (`up`) or in a simulated day; the
 * configuration, which of them run here. Nothing else differs.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import {
  aggregatorViews,
  openAggregatorPlatform,
  AGGREGATOR_POLICY,
} from '@flexledger/aggregator-platform';
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  type OpenedBlockchainAccessLayer,
  openBlockchainAccessLayer,
} from '@flexledger/blockchain-access-layer';
import {
  type OpenedCertifier,
  certifierViews,
  chainAnchors,
  openCertifier,
} from '@flexledger/certifier';
import type { OperatingLimits } from '@flexledger/domain';
import {
  DSO_POLICY,
  type OpenedDso,
  dsoViews,
  openDsoTechnicalPlatform,
} from '@flexledger/dso-technical-platform';
import {
  type ProcessorProblem,
  type ProcessorRunner,
  type ProcessorState,
  type SqliteEventStore,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
  openSqliteProcessorState,
} from '@flexledger/event-store';
import { ed25519KeyFrom, signEd25519 } from '@flexledger/identity';
import {
  type MarketPlatform,
  agreementLedger,
  marketViews,
  openMarketPlatform,
  tokenLedger,
} from '@flexledger/market-platform';
import { type Broker, startBroker } from '@flexledger/messaging';
import { type AnyView, type Views, openViews } from '@flexledger/projections';
import {
  type Clock,
  type FaultPoints,
  type Timers,
  messageOf,
  sleep,
  wallClock,
} from '@flexledger/runtime';
import { type LoadedRulePack, type OpenedPlatform, readCertificate } from '@flexledger/service-kit';
import {
  type OpenedSharedCustomerDatabase,
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
  sharedCustomerDatabaseViews,
} from '@flexledger/shared-customer-database';
import { TSO_POLICY, openTsoSimulator } from '@flexledger/tso-simulator';
import { type Config, type PlatformName, runsAll } from '../config/config';
import { type PlatformChain, hostChain, joinChain } from './chain';
import { LOG_ORIGIN, certifierFolder, logFile, processorsFile, viewsFile } from './data-folder';
import { brokerToken, openKeys } from './keys';
import { readMarketKnowledge } from './market-knowledge';
import { positionBeforeLive } from './live-position';
import { portsFor } from './platform-ports';
import type { TokenOf } from './platform-tokens';

export interface PlatformOptions {
  readonly config: Config;
  /** The market's clock. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly rules: LoadedRulePack;
  /** Published when the log has no grid model yet. */
  readonly grid: {
    readonly gridId: string;
    readonly model: object;
    readonly limits: OperatingLimits;
  };
  /** Keys follow from it; at random when absent. */
  readonly seed?: number;
  /**
   * `follow`: leases and checkpoints in the data folder, for a process that may be killed, also beside
   * others. `drain`: one driver hands each event on in one order, as a simulated day needs it.
   */
  readonly mode: 'follow' | 'drain';
  /** Light Nodes expected, about. */
  readonly expectedNodes: number;
  /** Tokens for calls to platforms in other processes. */
  readonly tokenOf: TokenOf;
  /** Told of what went wrong and will be tried again or was refused. */
  readonly onProblem: (problem: string) => void;
  /** Ends the waiting for what other processes have to do first. */
  readonly stop?: AbortSignal;
  /** For `drain`: whether an event that a processor failed at is handed on once more. */
  readonly again?: (problem: ProcessorProblem) => Promise<boolean>;
  readonly faults?: FaultPoints;
}

/** The platforms that run in this process. */
export interface HostedPlatforms {
  readonly customers?: OpenedSharedCustomerDatabase;
  readonly accessLayer?: OpenedBlockchainAccessLayer;
  readonly dso?: OpenedDso;
  readonly market?: MarketPlatform;
  readonly tso?: OpenedPlatform;
  readonly aggregators?: OpenedPlatform;
  readonly certifier?: OpenedCertifier;
}

export interface Platform extends HostedPlatforms {
  readonly store: SqliteEventStore;
  readonly views: Views;
  /** Absent in a process of platforms that need none. */
  readonly broker?: Broker;
  readonly chain?: PlatformChain;
  readonly processors: ProcessorRunner;
  /** The token a Light Node signs in to the broker with. */
  nodeToken(podId: string): string;
  close(): Promise<void>;
}

/** A process that runs everything. */
export type WholePlatform = Platform &
  Required<Pick<Platform, keyof HostedPlatforms | 'broker' | 'chain'>>;

const FOLD_AGAIN_MS = 1_000;

/**
 * Opens a data folder and the configured platforms on it. On an error, what was opened is closed again.
 *
 * @throws ChainInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, Error for a port already taken
 */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const base = await openBase(options, closers);
    const hosted = await openHosted(options, base, closers);
    const { store, views, state, broker, chain, nodeToken } = base;
    return {
      ...hosted,
      store,
      views,
      processors: runnerOf(options, base, hosted, state),
      ...(broker && { broker: broker() }),
      ...(chain && { chain }),
      nodeToken,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same for a process that runs everything, whatever the configuration says of platforms. */
export async function openWholePlatform(options: PlatformOptions): Promise<WholePlatform> {
  const platform = await openPlatform(options);
  if (runsAll(options.config)) return platform as WholePlatform;
  await platform.close();
  throw new RangeError('The configuration names platforms; here all of them have to run.');
}

/** What platforms stand on. */
interface Base {
  readonly store: SqliteEventStore;
  readonly views: Views;
  readonly state: ProcessorState;
  /** The fence under which this process folds its views; undefined while it only reads them. */
  readonly folding: { fence: number | undefined };
  readonly keys: ReturnType<typeof openKeys>;
  readonly chain?: PlatformChain;
  /** The embedded broker of this process, once the access layer is open. */
  broker?: () => Broker;
  readonly nodeToken: (podId: string) => string;
}

type Closers = (() => Promise<unknown> | void)[];

const VIEWS_OF: Record<PlatformName, readonly AnyView[]> = {
  'shared-customer-database': sharedCustomerDatabaseViews,
  'blockchain-access-layer': [],
  'dso-technical-platform': dsoViews,
  'market-platform': marketViews,
  'tso-simulator': [],
  'aggregator-platform': aggregatorViews,
  certifier: certifierViews,
};

async function openBase(options: PlatformOptions, closers: Closers): Promise<Base> {
  const { config, clock, mode } = options;
  const { dataDir, platforms } = config;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const store = openSqliteEventStore({ path: logFile(dataDir), clock });
  closers.push(() => store.close());
  const keys = openKeys(dataDir, options.seed);
  const state =
    mode === 'follow'
      ? await openSqliteProcessorState({ path: processorsFile(dataDir), clock: wallClock })
      : memoryProcessorState(wallClock);
  closers.push(() => state.close());
  const folding: Base['folding'] = { fence: undefined };
  const views = openViews({
    path: viewsFile(dataDir, platforms),
    store,
    // Whoever runs everything serves indicators and exports too.
    ...(runsAll(config) ? {} : { views: viewsOf(platforms) }),
    ...(mode === 'follow' ? { fence: () => folding.fence } : {}),
  });
  closers.push(() => views.close());
  const setting = { dataDir, keys, log: store, clock };
  const chain = await openChain(setting, options);
  if (chain) closers.push(() => chain.stop());
  return {
    store,
    views,
    state,
    folding,
    keys,
    ...(chain && { chain }),
    nodeToken: (podId) => brokerToken(keys, podId),
  };
}

function viewsOf(platforms: readonly PlatformName[]): readonly AnyView[] {
  return [...new Set(platforms.flatMap((name) => VIEWS_OF[name]))];
}

/** The chain, for a process whose platforms write to it. */
async function openChain(
  setting: Parameters<typeof hostChain>[0],
  { config, mode, onProblem, stop = new AbortController().signal }: PlatformOptions,
): Promise<PlatformChain | undefined> {
  const { platforms, chain } = config;
  const deploys = platforms.includes('certifier');
  if (!deploys && !platforms.includes('market-platform')) return undefined;
  if (deploys && chain.rpcUrl === undefined) {
    const gate = runsAll(config) ? {} : { gatePort: chain.port };
    return hostChain(setting, { ...gate, saveOften: mode === 'follow' || !runsAll(config) });
  }
  const { rpcUrl } = chain;
  const where = { gatePort: chain.port, deploys, ...(rpcUrl === undefined ? {} : { rpcUrl }) };
  return joinChain(setting, where, stop, onProblem);
}

/** Opens the platforms one after another, each with the ports of those before it or over HTTP. */
async function openHosted(
  options: PlatformOptions,
  base: Base,
  closers: Closers,
): Promise<HostedPlatforms> {
  const { config, clock, timers, rules, tokenOf, onProblem } = options;
  const { dataDir, addresses } = config;
  const { store: log, views, chain } = base;
  const runs = (name: PlatformName): boolean => config.platforms.includes(name);
  const { timeZone } = rules.rulePack;
  const hosted: { -readonly [Name in keyof HostedPlatforms]: HostedPlatforms[Name] } = {};
  const portsOf = (actor: string) => portsFor(actor, hosted, addresses, tokenOf);
  const opened = <Opened extends { close(): Promise<void> }>(platform: Opened): Opened => {
    closers.push(() => platform.close());
    return platform;
  };
  const common = { log, views, clock, timers, onProblem };

  if (runs('shared-customer-database')) {
    const policy = { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone };
    hosted.customers = opened(await openSharedCustomerDatabase({ log, views, clock, policy }));
  }
  if (runs('blockchain-access-layer')) {
    hosted.accessLayer = await openAccess(options, base, closers);
  }
  if (runs('market-platform')) {
    const { register, measurements } = portsOf('platform:market');
    const { tokenContract, agreementContract, sending } = chain!;
    hosted.market = opened(
      await openMarketPlatform({
        ...common,
        rules,
        ports: {
          register,
          measurements,
          tokens: tokenLedger(tokenContract, sending),
          agreementLedger: agreementLedger(agreementContract, sending),
        },
      }),
    );
  }
  if (runs('dso-technical-platform')) {
    const { forecastMinutes, reviewMinutes } = config.dso;
    hosted.dso = opened(
      await openDsoTechnicalPlatform({
        ...common,
        broker: brokerAccess(options, base),
        ports: portsOf('dso'),
        rules: rules.rulePack,
        grid: options.grid,
        policy: { ...DSO_POLICY, forecastMinutes, reviewMinutes },
      }),
    );
    if (options.mode === 'drain') await hosted.dso.carrying.ready;
  }
  const knowledge = readMarketKnowledge(dataDir);
  if (runs('tso-simulator')) {
    const { seed, needs } = knowledge ? { seed: knowledge.seed, needs: knowledge.tso } : TSO_POLICY;
    hosted.tso = opened(
      await openTsoSimulator({
        ...common,
        ports: portsOf('tso'),
        policy: { seed, needs, delayMinutes: config.tso.requestMinutes },
      }),
    );
  }
  if (runs('aggregator-platform')) {
    hosted.aggregators = opened(
      await openAggregatorPlatform({
        ...common,
        portsOf: (aggregatorId) => portsOf(`aggregator:${aggregatorId}`),
        rules: rules.rulePack,
        policy: { ...AGGREGATOR_POLICY, ...config.aggregator },
        knowledge: knowledge?.aggregators ?? [],
      }),
    );
  }
  if (runs('certifier')) hosted.certifier = opened(await openCertification(options, base));
  return hosted;
}

/** The access layer with the broker before it, which asks it who is enrolled. */
async function openAccess(
  { config, clock, timers, expectedNodes, mode, onProblem }: PlatformOptions,
  base: Base,
  closers: Closers,
): Promise<OpenedBlockchainAccessLayer> {
  const { keys, nodeToken, store } = base;
  const { mqtt, accessLayer } = config;
  const username = 'platform';
  const token = brokerToken(keys, username);
  let isEnrolled = (_podId: string): boolean => false;
  const broker = await startBroker({
    host: mqtt.host,
    port: mqtt.port,
    ...(mqtt.tls && { tls: readCertificate(mqtt.tls) }),
    credentials: {
      platform: { username, token },
      tokenOf: (podId) => (isEnrolled(podId) ? nodeToken(podId) : undefined),
    },
    onRefused: ({ clientId, reason }) => onProblem(`MQTT client ${clientId}: ${reason}`),
  });
  closers.push(() => broker.close());
  base.broker = () => broker;
  const { host, port } = broker;
  const opened = await openBlockchainAccessLayer({
    log: store,
    clock,
    timers,
    instance: config.instance,
    broker: { host, port, username, token, ...brokerTls(config) },
    policy: {
      ...BLOCKCHAIN_ACCESS_LAYER_POLICY,
      largestConnectionW: accessLayer.largestConnectionW,
      flushEveryMs: accessLayer.recordEveryMs,
      expectedNodes,
    },
    onProblem,
  });
  closers.push(() => opened.close());
  isEnrolled = (podId) => opened.layer.enrolment.keyOf(podId) !== undefined;
  if (mode === 'drain') await opened.layer.ready;
  return opened;
}

/** The broker of this process, or where the configuration says it is. */
function brokerAccess({ config }: PlatformOptions, { keys, broker }: Base) {
  const { host, port } = broker?.() ?? config.mqtt;
  const username = 'platform';
  const { instance } = config;
  const token = brokerToken(keys, username);
  return { host, port, username, token, instance, ...brokerTls(config) };
}

/** How this process's platforms trust a broker that speaks TLS. */
function brokerTls({ mqtt }: Config): { readonly tls?: { readonly ca?: string } } {
  const { tls, caFile } = mqtt;
  if (caFile !== undefined) return { tls: { ca: readFileSync(caFile, 'utf8') } };
  return tls ? { tls: {} } : {};
}

async function openCertification(options: PlatformOptions, base: Base): Promise<OpenedCertifier> {
  const { config, clock, timers, onProblem } = options;
  const { store: log, views, keys } = base;
  const chain = base.chain!;
  const checkpointKey = ed25519KeyFrom(keys.checkpointKey);
  return openCertifier({
    log,
    views,
    clock,
    timers,
    anchors: chainAnchors({
      contract: chain.anchorContract,
      clock,
      afterTransaction: chain.sending.sent,
    }),
    origin: LOG_ORIGIN,
    key: { name: LOG_ORIGIN, publicKey: Buffer.from(checkpointKey.publicKey, 'hex') },
    sign: (message) => Buffer.from(signEd25519(checkpointKey.privateKey, message), 'hex'),
    chain: {
      chainId: chain.chainId,
      anchorContract: chain.anchorContract.address,
      tokenContract: chain.tokenContract.address,
      agreementContract: chain.agreementContract.address,
    },
    folder: certifierFolder(config.dataDir),
    policy: config.certifier,
    onProblem,
  });
}

/** The processors of all hosted platforms, and what else is done by one instance at a time. */
function runnerOf(
  options: PlatformOptions,
  { store, views, folding }: Base,
  hosted: HostedPlatforms,
  state: ProcessorState,
): ProcessorRunner {
  const { config, clock, mode, onProblem, again, faults } = options;
  const { customers, accessLayer, dso, market, tso, aggregators, certifier } = hosted;
  const platforms = [customers, accessLayer, dso, market, tso, aggregators, certifier];
  const ofPlatforms = platforms.flatMap((platform) => platform?.processors ?? []);
  const ofProcess = [
    {
      name: `views/${viewsFile('', config.platforms)}`,
      types: [],
      handle: async () => {},
      async begin({ signal, fence }: { readonly signal: AbortSignal; readonly fence: number }) {
        folding.fence = fence;
        signal.addEventListener('abort', () => (folding.fence = undefined));
        void followViews(views, signal, onProblem);
      },
    },
    ...(market
      ? [
          {
            name: 'market/calendar',
            types: [],
            handle: async () => {},
            begin: () => market.calendar.run(),
          },
        ]
      : []),
  ];
  return createProcessorRunner({
    store,
    state,
    owner: config.instance,
    processors: mode === 'follow' ? [...ofProcess, ...ofPlatforms] : ofPlatforms,
    clock: wallClock,
    viewsReady: (position) => views.caughtUp(position),
    startAfter: () => positionBeforeLive(store, clock),
    onProblem: ({ message }) => onProblem(message),
    ...(again && { again }),
    ...(faults && { faults }),
  });
}

/** Folds until the signal aborts; what cannot be folded now is told and tried again. */
async function followViews(
  views: Views,
  signal: AbortSignal,
  onProblem: (problem: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await views.runner.follow(signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      onProblem(`read models: ${messageOf(error).replace(/\.$/, '')}; they are folded again soon.`);
      await sleep(FOLD_AGAIN_MS, signal);
    }
  }
}
