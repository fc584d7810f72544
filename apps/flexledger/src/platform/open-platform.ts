/**
 * The all-in-one platform: every app over one log, one broker and one chain, wired at their ports.
 * The clock decides whether it lives in real time (`up`) or in a simulated day (`simulate`); nothing
 * else differs.
 */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { type AccessLayer, openAccessLayer } from '@flexledger/blockchain-access-layer';
import { type Certifier, createCertifier } from '@flexledger/certifier';
import type { OperatingLimits } from '@flexledger/domain';
import {
  type ForecastRecorder,
  type OperatedGrid,
  type SetpointCarrying,
  createForecastRecorder,
  openSetpointCarrying,
  operateGrid,
  publishGrid,
} from '@flexledger/dso-technical-platform';
import {
  type ProcessorRunner,
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
  openMarketPlatform,
  tokenLedger,
} from '@flexledger/market-platform';
import { type Broker, startBroker } from '@flexledger/messaging';
import { type Views, openViews } from '@flexledger/projections';
import { type Clock, type Timers, wallClock } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';
import {
  type OpenedSharedCustomerDatabase,
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
} from '@flexledger/shared-customer-database';
import { type PlatformChain, openChain } from './chain';
import { measurementsPort, registerPort } from './database-ports';
import { brokerToken, openKeys } from './keys';
import { takeFolder } from './folder-guard';
import { readMarketKnowledge } from './market-knowledge';
import { adoptRulePack, publishedGrid } from './publish';
import { platformProcessors } from './processors';
import { podsWhere, registerSource } from './register-adapters';

export interface PlatformOptions {
  readonly dataDir: string;
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
  /** 0 takes any free port. */
  readonly brokerPort: number;
  /** Of a chain that runs elsewhere; the embedded one when absent. */
  readonly chainRpcUrl?: string;
  /** Saves the embedded chain after every transaction: for a platform that may be killed. */
  readonly saveChainOften?: boolean;
  /** Keeps leases and checkpoints of the processors in the data folder: for a platform that follows. */
  readonly keepsProcessorState?: boolean;
  /** Light Nodes expected, about. */
  readonly expectedNodes: number;
  readonly sealEverySeconds: number;
  /** Told of what went wrong and will be tried again or was refused. */
  readonly onProblem: (problem: string) => void;
}

export interface Platform {
  readonly store: SqliteEventStore;
  readonly views: Views;
  readonly broker: Broker;
  readonly chain: PlatformChain;
  readonly grid: OperatedGrid;
  readonly customers: OpenedSharedCustomerDatabase;
  readonly census: Census;
  readonly market: MarketPlatform;
  readonly accessLayer: AccessLayer;
  readonly carrying: SetpointCarrying;
  readonly forecasts: ForecastRecorder;
  readonly certifier: Certifier;
  readonly processors: ProcessorRunner;
  /** The token a Light Node signs in to the broker with. */
  nodeToken(podId: string): string;
  close(): Promise<void>;
}

/** Name under which checkpoints are signed. */
export const LOG_ORIGIN = 'flexledger/rome';
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The embedded log of a data folder. */
export const logFile = (dataDir: string): string => path.join(dataDir, 'events.sqlite');
export const viewsFile = (dataDir: string): string => path.join(dataDir, 'views.sqlite');
/** Leases and checkpoints of the processors; without it they read the log again. */
export const processorsFile = (dataDir: string): string => path.join(dataDir, 'processors.sqlite');

/**
 * Opens a data folder and everything on it. On an error, what was opened is closed again.
 *
 * @throws FolderInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, Error for a port already taken
 */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    return await openParts(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(
  options: PlatformOptions,
  closers: (() => Promise<unknown> | void)[],
  close: () => Promise<void>,
): Promise<Platform> {
  const { dataDir, clock, timers, rules, onProblem } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  closers.push(takeFolder(dataDir));
  const store = await openSqliteEventStore({ path: logFile(dataDir), clock });
  closers.push(() => store.close());
  const keys = openKeys(dataDir, options.seed);
  const views = openViews({ path: viewsFile(dataDir), store });
  closers.push(() => views.close());
  const chain = await openChain({
    dataDir,
    keys,
    store,
    clock,
    saveOften: options.saveChainOften ?? false,
    ...(options.chainRpcUrl === undefined ? {} : { rpcUrl: options.chainRpcUrl }),
  });
  closers.push(() => chain.stop());

  const market = await openMarketPlatform({
    log: store,
    views,
    clock,
    timers,
    rules,
    ports: {
      register: registerPort(views),
      measurements: measurementsPort(views),
      tokens: tokenLedger(chain.tokenContract, chain.sending),
      agreementLedger: agreementLedger(chain.agreementContract, chain.sending),
    },
    onProblem,
  });
  closers.push(() => market.close());
  const published = (await publishedGrid(store)) ?? (await publishGrid(store, clock, options.grid));
  const grid = operateGrid(published);
  await views.runner.catchUp();
  const located = await podsWhere(views.documents, { gridId: grid.gridId, status: 'registered' });
  for (const { podId, busId } of located) if (busId) grid.busOfPod.set(podId, busId);

  const nodeToken = (podId: string): string => brokerToken(keys, podId);
  const platformUser = { username: 'platform', token: brokerToken(keys, 'platform') };
  let isEnrolled = (_podId: string): boolean => false;
  const broker = await startBroker({
    port: options.brokerPort,
    credentials: {
      platform: platformUser,
      tokenOf: (podId) => (isEnrolled(podId) ? nodeToken(podId) : undefined),
    },
    onRefused: ({ clientId, reason }) => onProblem(`MQTT client ${clientId}: ${reason}`),
  });
  closers.push(() => broker.close());
  const brokerAccess = { host: broker.host, port: broker.port, ...platformUser };

  const accessLayer = await openAccessLayer({
    store,
    clock,
    broker: brokerAccess,
    limits: { maxFutureMs: MINUTE_MS, maxAgeMs: 400 * DAY_MS },
    maxPowerWOf: () => LARGEST_CONNECTION_W,
    expectedNodes: options.expectedNodes,
    onProblem,
  });
  closers.push(() => accessLayer.close());
  const { keyOf } = accessLayer.enrolment;
  isEnrolled = (podId) => keyOf(podId) !== undefined;
  const census = createCensus({ store, clock });
  const register = registerSource(views.documents);
  const sessions = createMarketSessions({ store, clock, register });
  const orders = requestOrders(sessions);
  const dso = await openDsoTechnicalPlatform({
    log: store,
    views,
    clock,
    timers,
    broker: { ...brokerAccess, instance: 'composed' },
    ports: {
      register: registerPort(census, views),
      measurements: measurementsPort(views),
      orders,
      outcomes: outcomesForValidation(sessions, rules.rulePack),
    },
    rules: rules.rulePack,
    grid: options.grid,
    policy: DSO_POLICY,
    onProblem,
  });
  closers.push(() => dso.close());
  await Promise.all([accessLayer.ready, dso.carrying.ready]);

  const poms = createPoms(grid);
  const { timeZone } = rules.rulePack;
  const customers = await openSharedCustomerDatabase({
    log: store,
    views,
    clock,
    policy: { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone },
  });
  const census = censusOf(customers.ports.register);
  const { setpoints } = customers.ports;
  const register = registerSource(views.documents, () => new Set(poms().values()));
  const sessions = createMarketSessions({ store, clock, register });
  const calendar = createSessionCalendar({
    sessions,
    clock,
    timers,
    rules: rules.rulePack,
    rulePackDigest: rules.digest,
  });
  const checkpointKey = ed25519KeyFrom(keys.checkpointKey);
  const certifier = createCertifier({
    store,
    clock,
    timers,
    anchors: chain.anchors,
    origin: LOG_ORIGIN,
    key: { name: LOG_ORIGIN, publicKey: Buffer.from(checkpointKey.publicKey, 'hex') },
    sign: (message) => Buffer.from(signEd25519(checkpointKey.privateKey, message), 'hex'),
    sealEverySeconds: options.sealEverySeconds,
    onError: (step, error) => onProblem(`certifier, ${step}: ${messageOf(error)}`),
  });
  await certifier.start({
    chainId: chain.chainId,
    anchorContract: chain.anchorContract.address,
    tokenContract: chain.tokenContract.address,
    agreementContract: chain.agreementContract.address,
  });
  const forecasts = createForecastRecorder(store, clock);
  const agreements = createAgreements({ store, clock });
  const market = { sessions, awards, agreements };
  const parts = {
    store,
    views,
    chain,
    grid,
    customers,
    census,
    setpoints,
    carrying,
    forecasts,
    ...market,
  };
  const knowledge = readMarketKnowledge(dataDir);
  const processes = platformProcessors({
    ...parts,
    tso,
    clock,
    timers,
    rules: rules.rulePack,
    knowledge,
    onProblem,
  });
  closers.push(() => processes.aggregators.close());
  await processes.resume();
  const state = options.keepsProcessorState
    ? await openSqliteProcessorState({ path: processorsFile(dataDir), clock: wallClock })
    : memoryProcessorState(wallClock);
  closers.push(() => state.close());
  const liveAfter = await positionBeforeLive(store, clock);
  const processors = createProcessorRunner({
    store,
    state,
    owner: `${hostname()}/${process.pid}`,
    // Their timers and memory are built up anew by the sessions that may still have something to do.
    processors: processes.processors.map((processor) => ({
      ...processor,
      replayAfter: async () => liveAfter,
    })),
    clock: wallClock,
    startAfter: async () => liveAfter,
    viewsReady: (position) => catchUpTo(views, position),
    onProblem: ({ message }) => onProblem(message),
  });
  return {
    ...parts,
    ...{ broker, accessLayer, calendar, certifier, processors, nodeToken, close },
  };
}

/** Connections above a megawatt are not in this market; more in one is a fault of the meter. */
const LARGEST_CONNECTION_W = 1_000_000;
/** Sessions whose delivery began longer ago are over; the settlement process looks after its own. */
const LIVE_DAYS = 3;

/**
 * Where processors begin: with the first session that may still have something to do, hence after the
 * one before it. Their commands are idempotent, so what they did before is not done again, and timers
 * are armed anew.
 */
async function positionBeforeLive(store: SqliteEventStore, clock: Clock): Promise<number> {
  const sinceMs = clock.nowMs() - LIVE_DAYS * DAY_MS;
  let before = -1;
  for await (const event of store.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { deliveryStart } = event.data as { deliveryStart: string };
    if (Date.parse(deliveryStart) >= sinceMs) return before;
    before = event.position;
  }
  return store.head();
}

/** Folds what the read models lack; a halted one holds nobody up, its own queries say so. */
async function catchUpTo({ runner }: Views, position: number): Promise<void> {
  const isThere = runner.status().every((view) => view.halted || view.position >= position);
  if (!isThere) await runner.catchUp();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
