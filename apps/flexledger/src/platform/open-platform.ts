/**
 * The all-in-one platform: every app over one log, one broker and one chain, wired at their ports.
 * The clock decides whether it lives in real time (`up`) or in a simulated day (`simulate`); nothing
 * else differs.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type AccessLayer, openAccessLayer } from '@flexledger/blockchain-access-layer';
import { type Certifier, createCertifier } from '@flexledger/certifier';
import type { OperatingLimits } from '@flexledger/domain';
import { type OperatedGrid, createPoms, operateGrid } from '@flexledger/grid-operations';
import {
  type ForecastRecorder,
  type SetpointCarrying,
  createForecastRecorder,
  openSetpointCarrying,
  publishGrid,
} from '@flexledger/dso-technical-platform';
import {
  type ReactorRunner,
  type SqliteEventStore,
  createReactorRunner,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { ed25519KeyFrom, signEd25519 } from '@flexledger/identity';
import {
  type Agreements,
  type AwardsOfLog,
  type MarketSessions,
  createAgreements,
  createAwardsOfLog,
  createMarketSessions,
  createSessionCalendar,
} from '@flexledger/market-platform';
import { type Broker, startBroker } from '@flexledger/messaging';
import { type Views, openViews } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';
import { type Census, createCensus } from '@flexledger/shared-customer-database';
import { type PlatformChain, openChain } from './chain';
import { brokerToken, openKeys } from './keys';
import { readMarketKnowledge } from './market-knowledge';
import { adoptRulePack, publishedGrid } from './publish';
import { platformReactors } from './reactors';
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
  readonly census: Census;
  readonly agreements: Agreements;
  readonly accessLayer: AccessLayer;
  readonly carrying: SetpointCarrying;
  readonly forecasts: ForecastRecorder;
  readonly sessions: MarketSessions;
  readonly awards: AwardsOfLog;
  readonly calendar: ReturnType<typeof createSessionCalendar>;
  readonly certifier: Certifier;
  readonly reactors: ReactorRunner;
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

/**
 * Opens a data folder and everything on it. On an error, what was opened is closed again.
 *
 * @throws LogInUse, LogDamaged, ChainUnavailable, AnvilError, Error for a port already taken
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

  await adoptRulePack(store, clock, rules);
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
  const carrying = openSetpointCarrying({
    store,
    clock,
    timers,
    keyOf,
    broker: brokerAccess,
    onProblem,
  });
  closers.push(() => carrying.close());
  await Promise.all([accessLayer.ready, carrying.ready]);

  const poms = createPoms(grid);
  const census = createCensus({ store, clock });
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
  const awards = createAwardsOfLog(store);
  const forecasts = createForecastRecorder(store, clock);
  const agreements = createAgreements({ store, clock });
  const market = { sessions, awards, agreements };
  const parts = { store, views, chain, grid, census, carrying, forecasts, ...market };
  const knowledge = readMarketKnowledge(dataDir);
  const processes = platformReactors({
    ...parts,
    clock,
    timers,
    rules: rules.rulePack,
    knowledge,
    onProblem,
  });
  await processes.resume();
  const reactors = createReactorRunner({
    store,
    reactors: processes.reactors,
    from: await firstLivePosition(store, clock),
    beforeBatch: async () => {
      await views.runner.catchUp();
    },
    onError: (reactor, event, error) =>
      onProblem(`${reactor}, event ${event.position} ${event.type}: ${messageOf(error)}`),
  });
  return {
    ...parts,
    ...{ broker, accessLayer, calendar, certifier, reactors, nodeToken, close },
  };
}

/** Connections above a megawatt are not in this market; more in one is a fault of the meter. */
const LARGEST_CONNECTION_W = 1_000_000;
/** Sessions whose delivery began longer ago are over; the settlement process looks after its own. */
const LIVE_DAYS = 3;

/**
 * Where process managers begin: at the first session that may still have something to do. Their
 * commands are idempotent, so what they did before is not done again, and timers are armed anew.
 */
async function firstLivePosition(store: SqliteEventStore, clock: Clock): Promise<number> {
  const sinceMs = clock.nowMs() - LIVE_DAYS * DAY_MS;
  for await (const event of store.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { deliveryStart } = event.data as { deliveryStart: string };
    if (Date.parse(deliveryStart) >= sinceMs) return event.position;
  }
  return (await store.head()) + 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
