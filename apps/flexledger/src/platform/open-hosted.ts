/** The platforms of one process, each with the ports of those before it or, of other processes, over HTTP. */
import { readFileSync } from 'node:fs';
import {
  AGGREGATOR_POLICY,
  type OpenedAggregatorPlatform,
  openAggregatorPlatform,
} from '@flexledger/aggregator-platform';
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  type BlockchainAccessLayerOptions,
  type OpenedBlockchainAccessLayer,
  openBlockchainAccessLayer,
} from '@flexledger/blockchain-access-layer';
import {
  type CertifierPolicy,
  type OpenedCertifier,
  accessLedger,
  chainAnchors,
  openCertifier,
  openPkcs11Signer,
} from '@flexledger/certifier';
import {
  DSO_POLICY,
  type OpenedDso,
  openDsoTechnicalPlatform,
} from '@flexledger/dso-technical-platform';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  IDENTITY_POLICY,
  type OpenedIdentityProvider,
  openIdentityProvider,
} from '@flexledger/identity-provider';
import {
  type MarketPlatform,
  agreementLedger,
  MARKET_POLICY,
  openMarketPlatform,
  tokenLedger,
} from '@flexledger/market-platform';
import {
  NOTE_KEY_TYPES,
  type NoteSigner,
  parseVerifierKey,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { type SourceAccount, keepMosquittoAccounts, startBroker } from '@flexledger/messaging';
import { wallClock } from '@flexledger/runtime';
import {
  type OpenedPlatform,
  openTokenKey,
  readCertificate,
  AUDIENCE,
} from '@flexledger/service-kit';
import {
  type OpenedSharedCustomerDatabase,
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
} from '@flexledger/shared-customer-database';
import { TSO_POLICY, openTsoSimulator } from '@flexledger/tso-simulator';
import { type Config, type PlatformName, hasOwnBroker } from '../config/config';
import { publicBroker } from './broker-address';
import { certifierFolder, credentialsFile, phasorsFile } from './data-folder';
import {
  type PlatformKeys,
  brokerToken,
  carrierToken,
  enrolmentToken,
  handOutCarrierSecrets,
  handOutSourceSecrets,
  rowSaltKey,
  sourceToken,
} from './keys';
import { tokensFor } from './mirrors';
import { readTsoKnowledge } from './market-knowledge';
import type { Base, Closers, PlatformOptions } from './open-base';
import { portsFor } from './platform-ports';

/** The platforms that run in this process. */
export interface HostedPlatforms {
  readonly customers?: OpenedSharedCustomerDatabase;
  readonly accessLayer?: OpenedBlockchainAccessLayer;
  readonly dso?: OpenedDso;
  readonly market?: MarketPlatform;
  readonly tso?: OpenedPlatform;
  readonly aggregators?: OpenedAggregatorPlatform;
  readonly certifier?: OpenedCertifier;
  readonly identity?: OpenedIdentityProvider;
}

/** Opens the platforms one after another, each with the ports of those before it or over HTTP. */
export async function openHosted(
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
  const tokenFor = tokensFor(config.mirrors, tokenOf);
  const portsOf = (actor: string) => portsFor(actor, hosted, addresses, tokenFor);
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
        saltKey: rowSaltKey(base.keys),
        ports: {
          register,
          measurements,
          tokens: tokenLedger(tokenContract, sending),
          agreementLedger: agreementLedger(agreementContract, sending),
        },
        policy: { ...MARKET_POLICY, objectives: config.market.objectives },
      }),
    );
  }
  if (runs('dso-technical-platform')) {
    const { forecastMinutes, reviewMinutes, feeds, tcp } = config.dso;
    hosted.dso = opened(
      await openDsoTechnicalPlatform({
        ...common,
        broker: brokerAccess(options, base),
        ports: portsOf('dso'),
        rules: rules.rulePack,
        grid: options.grid,
        policy: { ...DSO_POLICY, forecastMinutes, reviewMinutes },
        ...(feeds.length > 0 && {
          feeds: { taken: feeds, phasorsFile: phasorsFile(dataDir) },
        }),
        ...(tcp && {
          tcp: {
            host: tcp.host,
            port: tcp.port,
            ...(tcp.tls && { tls: readCertificate(tcp.tls) }),
            sources: sourceAccounts(config, base.keys),
          },
        }),
      }),
    );
    if (options.mode === 'drain') await hosted.dso.carrying.ready;
  }
  if (runs('tso-simulator')) {
    const known = readTsoKnowledge(dataDir);
    const { seed, needs } = known ? { seed: known.seed, needs: known.tso } : TSO_POLICY;
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
      }),
    );
  }
  if (runs('certifier')) hosted.certifier = opened(await openCertification(options, base));
  if (runs('identity-provider')) {
    hosted.identity = opened(
      await openIdentityProvider({
        ...common,
        machineClock: wallClock,
        dataDir,
        credentialsFile: credentialsFile(dataDir),
        tokenKey: () => openTokenKey(dataDir),
        audience: AUDIENCE,
        policy: { ...IDENTITY_POLICY, personRetentionDays: config.identity.personRetentionDays },
      }),
    );
  }
  return hosted;
}

/** A broker as the access layer uses it, its own or another one. */
interface AccessBroker {
  readonly host: string;
  readonly port: number;
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
async function openAccess(
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
  if (carriers.length > 0) handOutCarrierSecrets(config.dataDir, carriers);
  const sources = sourceAccounts(config, keys);
  if (sources.length > 0) handOutSourceSecrets(config.dataDir, sources);
  let enrolmentsOf = (_podId: string): number | undefined => undefined;
  let listens = (_ready: Promise<void>): void => {};
  let opens = (_layer: OpenedBlockchainAccessLayer['layer']): void => {};
  const opening = new Promise<OpenedBlockchainAccessLayer['layer']>((resolve) => (opens = resolve));
  const asked: AskedOfLayer = {
    enrolmentsOf: (podId) => enrolmentsOf(podId),
    enrolled: async () => (await opening).enrolment.enrolled(),
    listening: new Promise<void>((resolve) => (listens = resolve)),
  };
  const accounts = { platform, carriers, sources };
  const broker = hasOwnBroker(config)
    ? await ownBroker(options, base, accounts, asked)
    : mosquitto(options, base, accounts, asked);
  closers.push(() => broker.close());
  const { host, port } = broker;
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
    broker: { host, port, ...platform, ...brokerTls(config) },
    ...accessTcp(config, nodeToken),
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
  listens(opened.layer.ready.catch(() => {}));
  if (mode === 'drain') await opened.layer.ready;
  return opened;
}

/** Who measures a grid, at the broker and by TCP. */
function sourceAccounts({ mqtt }: Config, keys: PlatformKeys): SourceAccount[] {
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
): Pick<BlockchainAccessLayerOptions, 'tcp'> {
  if (!tcp) return {};
  const { host, port, tls, connections, messagesPerSecond, idleSeconds } = tcp;
  const limits = { connections, messagesPerSecond, idleMs: idleSeconds * 1_000 };
  return { tcp: { host, port, ...(tls && { tls: readCertificate(tls) }), limits, nodeToken } };
}

interface BrokerAccounts {
  readonly platform: { readonly username: string; readonly token: string };
  readonly carriers: readonly { readonly username: string; readonly token: string }[];
  readonly sources: readonly SourceAccount[];
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
function brokerAccess({ config }: PlatformOptions, { keys, broker }: Base) {
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

/** @throws CheckpointError when a key is none */
function witnessesOf({ certifier }: Config): CertifierPolicy['witnesses'] {
  return certifier.witnesses.map(({ url, key }) => ({
    url,
    key: parseVerifierKey(sha256, key, NOTE_KEY_TYPES.cosignature),
  }));
}

/**
 * The key that signs the log, then those that it may be signed with until now and that hand it over.
 *
 * @throws TokenUnusable where it is to be in a token
 */
function logSigners(
  { certifier: { origin, pkcs11 } }: Config,
  { checkpointKey, checkpointKeyBefore }: PlatformKeys,
): readonly [NoteSigner, ...NoteSigner[]] {
  const signers = [checkpointKey, ...(checkpointKeyBefore ? [checkpointKeyBefore] : [])].map(
    (seed) => seedSigner(origin, seed),
  ) as [NoteSigner, ...NoteSigner[]];
  return pkcs11 ? [openPkcs11Signer(origin, pkcs11), ...signers] : signers;
}

function seedSigner(origin: string, seed: string): NoteSigner {
  const { publicKey, privateKey } = ed25519KeyFrom(seed);
  return {
    key: { name: origin, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message) => signEd25519(privateKey, message),
  };
}

/** Grants reach the chain within so many seconds, those of that time together. */
const GRANTS_EVERY_S = 300;

async function openCertification(options: PlatformOptions, base: Base): Promise<OpenedCertifier> {
  const { config, clock, timers, onProblem } = options;
  const { store: log, shown, views, keys } = base;
  const { origin, sealEverySeconds, recoveryKey } = config.certifier;
  const chain = base.chain!;
  const [signer, ...before] = logSigners(config, keys);
  return openCertifier({
    log,
    shown,
    views,
    clock,
    timers,
    anchors: chainAnchors({
      contract: chain.anchorContract,
      clock,
      afterTransaction: chain.sending.sent,
    }),
    access: {
      ledger: accessLedger({
        deploy: () => chain.dataAccess.deploy(),
        contractAt: (address) => chain.dataAccess.at(address),
        clock,
        afterTransaction: chain.sending.sent,
      }),
      everySeconds: GRANTS_EVERY_S,
    },
    origin,
    signer,
    before,
    recoveryKey: recoveryKey && verifierKeyText(sha256, parseVerifierKey(sha256, recoveryKey)),
    chain: {
      chainId: chain.chainId,
      anchorContract: chain.anchorContract.address,
      tokenContract: chain.tokenContract.address,
      agreementContract: chain.agreementContract.address,
    },
    folder: certifierFolder(config.dataDir),
    policy: { sealEverySeconds, witnesses: witnessesOf(config) },
    onProblem,
  });
}
