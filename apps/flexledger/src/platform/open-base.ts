/**
 * What the platforms of one process stand on: the log, their views, the state of their processors, keys
 * and, where they write to it, the chain.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { aggregatorViews } from '@flexledger/aggregator-platform';
import { blockchainAccessLayerViews } from '@flexledger/blockchain-access-layer';
import { certifierViews } from '@flexledger/certifier';
import type { OperatingLimits } from '@flexledger/domain';
import { dsoViews } from '@flexledger/dso-technical-platform';
import {
  BEFORE_FIRST,
  type EventStore,
  type ProcessorProblem,
  type ProcessorState,
  memoryProcessorState,
  openLog,
  openSqliteProcessorState,
} from '@flexledger/event-store';
import { identityViews } from '@flexledger/identity-provider';
import { type KafkaPublisher, createKafkaPublisher } from '@flexledger/kafka-publisher';
import { marketViews } from '@flexledger/market-platform';
import type { Broker } from '@flexledger/messaging';
import { type AnyView, type Views, openServedViews, openViews } from '@flexledger/projections';
import { type Clock, type Timers, wallClock } from '@flexledger/runtime';
import {
  type LoadedRulePack,
  type PartyLog,
  type StreamPlaces,
  type WebhookFeed,
  openSharedPlaces,
  openWebhooks,
  ownPlaces,
  partyLog,
  type TokenOf,
} from '@flexledger/service-kit';
import { sharedCustomerDatabaseViews } from '@flexledger/shared-customer-database';
import type { TraceExporter } from '@flexledger/trace-exporter';
import { computeAddress } from 'ethers';
import { type Config, type PlatformName, runsAll } from '../config/config';
import { readChainKey, readTraceHeaders } from '../config/named-files';
import { type PlatformChain, hostChain, joinChain } from './chain';
import type { DutySetting } from './contract-duties';
import {
  DataFolderIncomplete,
  makeDataFolder,
  processorsFile,
  requireNoRestOfALog,
  viewsDatabase,
  viewsFile,
  streamsFile,
  webhooksFile,
} from './data-folder';
import { type PlatformKeys, keysFile, nodeToken, openKeys, openServedKeys } from './keys';
import { VERSION } from '../version';
import { readTsoKnowledge } from './market-knowledge';

/** What a process of platforms is opened with. */
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
  /** For `follow`: only this civil day's sessions are scheduled, as a simulated day needs it. */
  readonly deliveryDay?: string;
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
}

/** What platforms stand on. */
export interface Base {
  readonly store: EventStore;
  /** The log as each party is shown it, and where it is sent to them; sent only in real time. */
  readonly shown: PartyLog;
  readonly webhooks?: WebhookFeed;
  /** Where open event streams are counted. */
  readonly streamPlaces: StreamPlaces;
  /** Where the configuration names a cluster. */
  readonly kafka?: KafkaPublisher;
  /** Only in real time, and where the configuration names a collector. */
  readonly traces?: TraceExporter;
  readonly views: Views;
  readonly state: ProcessorState;
  /** The fence under which this process folds its views; undefined while it only reads them. */
  readonly folding: { fence: number | undefined };
  readonly keys: ReturnType<typeof openKeys>;
  readonly chain?: PlatformChain;
  /** The embedded broker of this process, once the access layer is open. */
  broker?: () => Broker;
  /** Broker password of a PoD's node; `enrolments`: how many nodes it has had, 1 when absent. */
  readonly nodeToken: (podId: string, enrolments?: number) => string;
}

/** What ends what was opened, in the order of opening. */
export type Closers = (() => Promise<unknown> | void)[];

const VIEWS_OF: Record<PlatformName, readonly AnyView[]> = {
  'shared-customer-database': sharedCustomerDatabaseViews,
  'blockchain-access-layer': blockchainAccessLayerViews,
  'dso-technical-platform': dsoViews,
  'market-platform': marketViews,
  'tso-simulator': [],
  'aggregator-platform': aggregatorViews,
  certifier: certifierViews,
  'identity-provider': identityViews,
};

/** Opens the log, the keys, the views and the chain of a process. */
export async function openBase(options: PlatformOptions, closers: Closers): Promise<Base> {
  const { config, clock, mode, onProblem } = options;
  const { dataDir, platforms } = config;
  makeDataFolder(dataDir);
  const store = await openOwnLog(options);
  closers.push(() => store.close());
  const keys = await keysOf(options, store);
  const state =
    mode === 'follow'
      ? await openSqliteProcessorState({ path: processorsFile(dataDir), clock: wallClock })
      : memoryProcessorState(wallClock);
  closers.push(() => state.close());
  const folding: Base['folding'] = { fence: undefined };
  const { url, database } = config.views;
  const documents =
    url === undefined ? undefined : await openServedViews(url, viewsDatabase(database, platforms));
  const views = openViews({
    path: viewsFile(dataDir, platforms),
    ...(documents && { documents }),
    store,
    // Whoever runs everything serves indicators and exports too.
    ...(runsAll(config) ? {} : { views: viewsOf(platforms) }),
    ...(mode === 'follow' ? { fence: () => folding.fence } : {}),
  });
  closers.push(() => views.close());
  const shown = partyLog(store);
  const { reach } = config.webhooks;
  const webhooks =
    mode === 'follow'
      ? openWebhooks({
          log: shown,
          path: webhooksFile(dataDir),
          reach,
          clock: wallClock,
          onProblem,
        })
      : undefined;
  if (webhooks) closers.push(() => webhooks.state.close());
  const streamPlaces =
    mode === 'follow' ? openSharedPlaces(streamsFile(dataDir), wallClock, onProblem) : ownPlaces();
  closers.push(() => streamPlaces.close());
  const kafka =
    config.kafka.brokers.length > 0
      ? createKafkaPublisher({ log: shown, kafka: config.kafka })
      : undefined;
  if (kafka) closers.push(() => kafka.close());
  const traces = mode === 'follow' ? await tracesOf(config, onProblem) : undefined;
  if (traces) closers.push(() => traces.close());
  const duties = dutySetting(config.chain);
  const setting = { dataDir, keys, log: store, clock, duties };
  const chain = await openChain(setting, options);
  if (chain) closers.push(() => chain.stop());
  return {
    store,
    shown,
    ...(webhooks && { webhooks }),
    streamPlaces,
    ...(kafka && { kafka }),
    ...(traces && { traces }),
    views,
    state,
    folding,
    keys,
    ...(chain && { chain }),
    nodeToken: (podId, enrolments = 1) => nodeToken(keys, podId, enrolments),
  };
}

/** What OpenTelemetry needs is loaded where somebody traces. */
async function tracesOf(
  { instance, tracing }: PlatformOptions['config'],
  onProblem: PlatformOptions['onProblem'],
): Promise<TraceExporter | undefined> {
  const { otlpUrl, headersFile, sampleRatio } = tracing;
  if (otlpUrl === undefined) return undefined;
  const headers = headersFile === undefined ? {} : readTraceHeaders(headersFile);
  const { createTraceExporter } = await import('@flexledger/trace-exporter');
  return createTraceExporter({
    otlpUrl,
    headers,
    sampleRatio,
    instance,
    version: VERSION,
    onProblem,
  });
}

function openOwnLog({ config, clock, mode, onProblem }: PlatformOptions): Promise<EventStore> {
  const { dataDir, log } = config;
  if (log.url === undefined) requireNoRestOfALog(dataDir);
  // A day that one driver makes is there whole, when it is closed, or not at all.
  const durability = mode === 'drain' ? 'when-closed' : 'each-append';
  return openLog({ dataDir, ...log }, { clock, onProblem, durability });
}

/** @throws DataFolderIncomplete: keys are there before the first event is */
async function keysOf(
  { config: { dataDir }, mode, seed }: PlatformOptions,
  store: EventStore,
): Promise<PlatformKeys> {
  if (!existsSync(keysFile(dataDir)) && (await store.head()) !== BEFORE_FIRST) {
    throw new DataFolderIncomplete(dataDir, path.basename(keysFile(dataDir)), 'the log was signed');
  }
  if (mode === 'drain' || seed !== undefined) return openKeys(dataDir, seed);
  return openServedKeys(dataDir, readTsoKnowledge(dataDir)?.seed);
}

function viewsOf(platforms: readonly PlatformName[]): readonly AnyView[] {
  return [...new Set(platforms.flatMap((name) => VIEWS_OF[name]))];
}

/** Whom the configuration gives duties. @throws UsageError naming the file of a key that is none */
export function dutySetting(chain: PlatformOptions['config']['chain']): DutySetting {
  const { admin, guardian, marketKeyFile } = chain;
  const marketKey = marketKeyFile === undefined ? undefined : readChainKey(marketKeyFile);
  const marketAccount =
    chain.marketAccount ?? (marketKey === undefined ? undefined : computeAddress(`0x${marketKey}`));
  return {
    ...(admin === undefined ? {} : { admin }),
    ...(guardian === undefined ? {} : { guardian }),
    ...(marketAccount === undefined ? {} : { marketAccount }),
    ...(marketKey === undefined ? {} : { marketKey }),
  };
}

/** The chain, for a process whose platforms write to it. @throws as `hostChain` and `joinChain` */
export async function openChain(
  setting: Parameters<typeof hostChain>[0],
  {
    config,
    mode,
    onProblem,
    stop = new AbortController().signal,
  }: Pick<PlatformOptions, 'config' | 'mode' | 'onProblem' | 'stop'>,
): Promise<PlatformChain | undefined> {
  const { platforms, chain } = config;
  const deploys = platforms.includes('certifier');
  if (!deploys && !platforms.includes('market-platform')) return undefined;
  if (deploys && chain.rpcUrl === undefined) {
    const gate = runsAll(config) ? {} : { gatePort: chain.port };
    const isLasting = mode === 'follow' || !runsAll(config);
    return hostChain(setting, { ...gate, isLasting, onProblem });
  }
  const { rpcUrl, fallbackRpcUrls } = chain;
  const nodes = rpcUrl === undefined ? {} : { rpcUrls: [rpcUrl, ...fallbackRpcUrls] as const };
  const where = { gatePort: chain.port, deploys, ...nodes };
  return joinChain(setting, where, stop, onProblem);
}
