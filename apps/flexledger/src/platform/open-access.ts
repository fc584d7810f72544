/** The access layer with the broker before it, and as whom the platforms of this process use that broker. */
import { readFileSync } from 'node:fs';
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  type BlockchainAccessLayerOptions,
  FLEET_REHEARSAL,
  type OpenedBlockchainAccessLayer,
  openBlockchainAccessLayer,
  rehearse,
} from '@flexledger/blockchain-access-layer';
import {
  type AggregatorAccount,
  type OpenDeviceConnection,
  type SourceAccount,
  keepMosquittoAccounts,
  seriesUsername,
  startBroker,
} from '@flexledger/messaging';
import { readCertificate } from '@flexledger/service-kit';
import { type Config, hasOwnBroker } from '../config/config';
import { publicBroker } from './broker-address';
import {
  type PlatformKeys,
  aggregatorToken,
  brokerToken,
  carrierToken,
  enrolmentToken,
  handOutSecrets,
  sourceToken,
} from './keys';
import type { Base, Closers, PlatformOptions } from './open-base';

/** A broker as the access layer uses it, its own or another one. */
interface AccessBroker {
  readonly host: string;
  readonly port: number;
  /** How it is connected to where it is in this process. */
  readonly connect?: OpenDeviceConnection;
  onNodeIn(podId: string, enrolments: number): Promise<void>;
  onNodeOut(podId: string): void;
  close(): Promise<void>;
}

/** What a broker asks the access layer, which opens after it. */
interface AskedOfLayer {
  enrolmentsOf(podId: string): number | undefined;
  /** Resolves once the layer is open. */
  enrolled(): Promise<Iterable<readonly [podId: string, enrolments: number]>>;
  /** Settles when the layer listens. */
  readonly listening: Promise<void>;
}

/** The access layer with the broker before it, which asks it who is enrolled. */
export async function openAccess(
  options: PlatformOptions,
  base: Base,
  closers: Closers,
): Promise<OpenedBlockchainAccessLayer> {
  const { config, clock, timers, expectedNodes, mode, onProblem } = options;
  const { keys, nodeToken, store } = base;
  const platform = { username: 'platform', token: brokerToken(keys, 'platform') };
  const carriers = config.mqtt.carriers.map((name) => ({
    username: name,
    token: carrierToken(keys, name),
  }));
  if (carriers.length > 0) handOutSecrets(config.dataDir, 'carrier', carriers);
  const sources = sourceAccounts(config, keys);
  if (sources.length > 0) handOutSecrets(config.dataDir, 'source', sources);
  const aggregators = config.mqtt.aggregators.map((aggregatorId) => ({
    aggregatorId,
    username: seriesUsername(aggregatorId),
    token: aggregatorToken(keys, aggregatorId),
  }));
  if (aggregators.length > 0) handOutSecrets(config.dataDir, 'aggregator', aggregators);
  let enrolmentsOf = (_podId: string): number | undefined => undefined;
  let listens = (_ready: Promise<void>): void => {};
  let opens = (_layer: OpenedBlockchainAccessLayer['layer']): void => {};
  const opening = new Promise<OpenedBlockchainAccessLayer['layer']>((resolve) => (opens = resolve));
  const asked: AskedOfLayer = {
    enrolmentsOf: (podId) => enrolmentsOf(podId),
    enrolled: async () => (await opening).enrolment.enrolled(),
    listening: new Promise<void>((resolve) => (listens = resolve)),
  };
  const accounts = { platform, carriers, sources, aggregators };
  const broker = hasOwnBroker(config)
    ? await ownBroker(options, base, accounts, asked)
    : mosquitto(options, base, accounts, asked);
  closers.push(() => broker.close());
  const { host, port, connect } = broker;
  const opened = await openBlockchainAccessLayer({
    log: store,
    views: base.views,
    credentials: {
      nodeToken,
      enrolmentToken: (podId, name) => enrolmentToken(keys, podId, name),
      broker: () => publicBroker(config, port),
    },
    onNodeIn: (podId, enrolments) => broker.onNodeIn(podId, enrolments),
    onNodeOut: (podId) => broker.onNodeOut(podId),
    clock,
    timers,
    instance: config.instance,
    broker: {
      host,
      port,
      ...platform,
      ...brokerTls(config),
      ...(connect && { connect }),
      isDivided: !hasOwnBroker(config),
    },
    ...accessTcp(config, nodeToken, sources),
    policy: {
      ...BLOCKCHAIN_ACCESS_LAYER_POLICY,
      largestConnectionW: config.accessLayer.largestConnectionW,
      flushEveryMs: config.accessLayer.recordEveryMs,
      expectedNodes,
    },
    onProblem,
  });
  closers.push(() => opened.close());
  enrolmentsOf = (podId) => opened.layer.enrolment.enrolmentsOf(podId);
  opens(opened.layer);
  const { ready, enrolment } = opened.layer;
  const isFleet = [...enrolment.enrolled()].length >= FLEET_REHEARSAL.from;
  const rehearsed =
    mode === 'follow' && isFleet
      ? rehearse(FLEET_REHEARSAL).catch((error: Error) => onProblem(error.message))
      : undefined;
  closers.push(async () => void (await rehearsed));
  listens(
    Promise.all([ready, rehearsed]).then(
      () => {},
      () => {},
    ),
  );
  if (mode === 'drain') await opened.layer.ready;
  return opened;
}

/** Who measures a grid, at the broker and by TCP. */
export function sourceAccounts({ mqtt }: Config, keys: PlatformKeys): SourceAccount[] {
  return mqtt.sources.map(({ name, topics }) => ({
    username: name,
    token: sourceToken(keys, name),
    topics,
  }));
}

/** The listener for meters that speak no MQTT, by the settings. */
function accessTcp(
  { accessLayer: { tcp } }: Config,
  nodeToken: Base['nodeToken'],
  sources: readonly SourceAccount[],
): Pick<BlockchainAccessLayerOptions, 'tcp'> {
  if (!tcp) return {};
  const { host, port, tls, connections, messagesPerSecond, idleSeconds } = tcp;
  const limits = { connections, messagesPerSecond, idleMs: idleSeconds * 1_000 };
  return {
    tcp: { host, port, ...(tls && { tls: readCertificate(tls) }), limits, nodeToken, sources },
  };
}

interface BrokerAccounts {
  readonly platform: { readonly username: string; readonly token: string };
  readonly carriers: readonly { readonly username: string; readonly token: string }[];
  readonly sources: readonly SourceAccount[];
  readonly aggregators: readonly AggregatorAccount[];
}

async function ownBroker(
  { config: { mqtt }, onProblem }: PlatformOptions,
  base: Base,
  accounts: BrokerAccounts,
  asked: AskedOfLayer,
): Promise<AccessBroker> {
  const broker = await startBroker({
    host: mqtt.host,
    port: mqtt.port,
    ...(mqtt.tls && { tls: readCertificate(mqtt.tls) }),
    credentials: {
      ...accounts,
      tokenOf: (podId) => {
        const enrolments = asked.enrolmentsOf(podId);
        return enrolments === undefined ? undefined : base.nodeToken(podId, enrolments);
      },
    },
    nodesFrom: asked.listening,
    onRefused: ({ clientId, reason }) =>
      onProblem(`MQTT${clientId === '' ? '' : ` client ${clientId}`}: ${reason}`),
  });
  base.broker = () => broker;
  return {
    host: broker.host,
    port: broker.port,
    connect: broker.connect,
    // It asks at each sign-in.
    onNodeIn: async () => {},
    onNodeOut: (podId) => broker.disconnect(podId),
    close: () => broker.close(),
  };
}

/** A Mosquitto that runs elsewhere, which is told of each user. */
function mosquitto(
  { config, onProblem }: PlatformOptions,
  { nodeToken }: Base,
  { platform, carriers }: BrokerAccounts,
  asked: AskedOfLayer,
): AccessBroker {
  const { host, port, adminUsername, adminTokenFile } = config.mqtt;
  const account = (podId: string, enrolments: number) => ({
    username: podId,
    token: nodeToken(podId, enrolments),
    enrolments,
  });
  const kept = keepMosquittoAccounts({
    host,
    port,
    ...brokerTls(config),
    admin: { username: adminUsername, token: readFileSync(adminTokenFile!, 'utf8').trim() },
    platform,
    carriers,
    nodes: async () =>
      [...(await asked.enrolled())].map(([podId, enrolments]) => account(podId, enrolments)),
    onProblem,
  });
  return {
    host,
    port,
    onNodeIn: (podId, enrolments) => kept.give(account(podId, enrolments)),
    onNodeOut: (podId) => void kept.remove(podId),
    close: () => kept.close(),
  };
}

/** The broker of this process, or where the configuration says it is, and as whom it is used. */
export function brokerAccess({ config }: PlatformOptions, { keys, broker }: Base) {
  const { host, port } = broker?.() ?? config.mqtt;
  const { instance, mqtt } = config;
  const { username, tokenFile } = mqtt;
  const token =
    tokenFile === undefined ? brokerToken(keys, username) : readFileSync(tokenFile, 'utf8').trim();
  return { host, port, username, token, instance, ...brokerTls(config) };
}

/** How this process's platforms trust a broker that speaks TLS. */
function brokerTls({ mqtt }: Config): { readonly tls?: { readonly ca?: string } } {
  const { tls, caFile } = mqtt;
  if (caFile !== undefined) return { tls: { ca: readFileSync(caFile, 'utf8') } };
  return tls ? { tls: {} } : {};
}
