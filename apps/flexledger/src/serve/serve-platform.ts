/** The platforms of a process behind one HTTP interface: REST, event stream, screens (DESIGN 12). */
import { partyKindOf } from '@flexledger/domain';
import { type TokenVerifier, createFederatedVerifier } from '@flexledger/identity';
import { type Clock, wallClock } from '@flexledger/runtime';
import {
  DEFAULT_ACTORS,
  DataAccessModule,
  EventsModule,
  STREAM_LIMITS,
  openStreams,
  type LogReads,
  MetricsModule,
  type OpenedPlatform,
  ProcessorsModule,
  type ReadinessCheck,
  WebhooksModule,
  createHttpApp,
  membersOfLog,
  readCertificate,
  type PlatformTokens,
  type ProcessMetrics,
  createProcessMetrics,
} from '@flexledger/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config';
import type { Instance } from '@flexledger/platform-cli';
import { biddersOf } from '../platform/market-knowledge';
import type { Platform } from '../platform/open-platform';
import { demonstrationOf } from './demonstration';
import { DocsModule } from './docs.controller';
import { instanceMetrics } from './instance-metrics';
import { InstanceModule } from './instance.controller';
import type { FirstAccounts } from '@flexledger/identity-provider';
import {
  ScreensModule,
  StatusModule,
  createStatusReader,
  watchSupply,
} from '@flexledger/dashboard';

export interface ServeOptions {
  readonly platform: Platform;
  readonly config: Config;
  readonly tokens: PlatformTokens;
  /** Zone of the delivery days. */
  readonly timeZone: string;
  readonly clock: Clock;
  /** Parties that get a client when they have none; absent where nobody shall sign in. */
  readonly actors?: readonly string[];
  /** What this process says of itself; nothing where it is not meant to be asked. */
  readonly instance?: Omit<Instance, 'url'>;
  /** What else has to be there, besides what the platforms stand on. */
  readonly readiness?: readonly ReadinessCheck[];
  /** Told of errors that nobody foresaw. */
  readonly onProblem: (problem: string) => void;
}

/** A page is drawn in the browser alone where read models are further behind. */
const FIRST_VIEW_WAITS_MS = 1_000;

export interface ServedPlatform {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Who there is to sign in, as far as made just now; absent where nobody shall. */
  readonly accounts?: FirstAccounts;
  /** New connections are made with it. */
  renewCertificate(renewed: { readonly key: string; readonly cert: string }): void;
  /** Ends event streams, lets requests under way finish, gives the port free. */
  close(): Promise<void>;
}

/** @throws Error when the port is taken or a certificate cannot be used */
export async function servePlatform(options: ServeOptions): Promise<ServedPlatform> {
  const { platform, config, onProblem } = options;
  const { host, port, tls } = config.http;
  const accounts =
    options.actors &&
    (await platform.identity?.begin(options.actors, await demonstrationOf(config, platform)));
  const closing = new AbortController();
  const { publicUrl } = config.identity;
  const readiness = [...readinessOf(platform), ...(options.readiness ?? [])];
  const { dataDir } = config;
  const metrics = createProcessMetrics(
    instanceMetrics({ platform, dataDir, clock: options.clock, readiness }),
  );
  const http = await createHttpApp(moduleOf(options, metrics, closing.signal), {
    title: 'Flexledger',
    description:
      'A complete local flexibility market on one event log. Get a token at `POST /oauth/token` ' +
      'with your client credentials; status, health, log proofs and anchors need none.',
    host,
    port,
    ...(tls ? { tls: readCertificate(tls) } : {}),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    access: { verify: verifierOf(options) },
    readiness,
    onAnswered: metrics.answered,
    reads: logReads(platform),
    log: onProblem,
  });
  // Who guesses is slowed by its address: behind a proxy of this machine that is what the proxy says it
  // is (X-Forwarded-For). Nobody else is believed, since everybody can send that header.
  if (publicUrl !== undefined) http.app.set('trust proxy', 'loopback');
  platform.identity?.servedAt(publicUrl ?? http.url, publicUrl !== undefined);
  return {
    url: http.url,
    ...(accounts && { accounts }),
    renewCertificate: (renewed) => http.renewCertificate(renewed),
    async close() {
      closing.abort();
      await http.close();
      metrics.close();
    },
  };
}

/** A client for each usual party, those configured, and each aggregator that bids by itself here. */
export async function actorsOf({
  dataDir,
  clients,
  log,
}: Pick<Config, 'dataDir' | 'clients' | 'log'>): Promise<string[]> {
  const bidders = await biddersOf({ dataDir, ...log });
  // An id from before ids were checked names no party, and so can get no client.
  const aggregators = bidders
    .map((aggregatorId) => `aggregator:${aggregatorId}`)
    .filter((party) => partyKindOf(party) !== undefined);
  return [...new Set([...DEFAULT_ACTORS, ...clients, ...aggregators])];
}

/** Takes the operator's own tokens, and those of the issuers that are configured beside it. */
function verifierOf({ config, platform, tokens }: ServeOptions): TokenVerifier {
  const { issuers } = config.identity;
  if (issuers.length === 0) return tokens.verify;
  const isMember = membersOfLog(platform.store);
  return createFederatedVerifier({ issuers, isMember, own: tokens.verify, clock: wallClock });
}

@Module({})
class PlatformHttpModule {}

function moduleOf(
  options: ServeOptions,
  metrics: ProcessMetrics,
  closing: AbortSignal,
): DynamicModule {
  const { platform, clock, timeZone, instance, config } = options;
  const { store, shown, webhooks, streamPlaces, views, chain } = platform;
  const streams = openStreams(STREAM_LIMITS, streamPlaces);
  const modules = [
    EventsModule.register({ log: shown, closing, streams, clock: wallClock }),
    ...(webhooks ? [WebhooksModule.register(webhooks)] : []),
    ...dataAccessOf(platform, clock),
    ProcessorsModule.register(platform.processors),
    MetricsModule.register(metrics),
    DocsModule.register(),
    ...(instance ? [InstanceModule.register(instance, store)] : []),
    ...hostedModules(platform),
  ];
  // The screens begin with what market and certifier know.
  if (platform.market && platform.certifier && chain) {
    const supply = watchSupply(async () => {
      let totalMicroEur = await chain.tokenContract.totalSupplyMicroEur();
      for (const token of chain.former.tokenContracts) {
        totalMicroEur += await token.totalSupplyMicroEur();
      }
      return totalMicroEur;
    }, clock);
    const status = createStatusReader({ store, views, clock, timeZone, supply });
    const demonstrationUsers = () => platform.identity?.demonstrationUsers() ?? [];
    const caughtUp = async (): Promise<void> =>
      views.whenProcessed(await store.head(), { timeoutMs: FIRST_VIEW_WAITS_MS });
    modules.push(
      StatusModule.register(status),
      ScreensModule.register(config.chain.rpcUrl, { status, caughtUp, demonstrationUsers }),
    );
  }
  return { module: PlatformHttpModule, imports: modules };
}

/** Owners grant where their data are kept: customers at the shared customer database, the DSO at its platform. */
function dataAccessOf(
  { store: log, views, customers, dso }: Platform,
  clock: Clock,
): DynamicModule[] {
  const keeps = { pods: customers !== undefined, grid: dso !== undefined };
  if (!keeps.pods && !keeps.grid) return [];
  const { documents } = views;
  return [DataAccessModule.register({ log, documents, clock, keeps })];
}

function hostedModules(platform: Platform): DynamicModule[] {
  const { customers, accessLayer, dso, market, tso, aggregators, certifier, identity } = platform;
  const hosted: (OpenedPlatform | undefined)[] = [
    market,
    customers,
    accessLayer,
    dso,
    aggregators,
    tso,
    certifier,
    identity,
  ];
  return hosted.flatMap((one) => (one ? [one.http] : []));
}

function readinessOf({ store, views, processors, chain }: Platform): ReadinessCheck[] {
  const checks: ReadinessCheck[] = [
    { name: 'event log', check: async () => void (await store.head()) },
    {
      name: 'read models',
      check: async () => {
        const halted = views.runner.status().flatMap((view) => view.halted ?? []);
        if (halted.length > 0) throw halted[0]!;
      },
    },
    {
      name: 'processors',
      check: async () => {
        const halted = (await processors.status()).flatMap(({ halt }) => halt?.message ?? []);
        if (halted.length > 0) throw new Error(halted.join(' '));
      },
    },
  ];
  if (chain) {
    checks.push({ name: 'chain', check: () => chain.check(), degraded: () => chain.degraded() });
  }
  return checks;
}

/** What reading requests wait for, and by what answers are known again. */
function logReads({ store, views, shown }: Platform): LogReads {
  let start: string | undefined;
  async function startOfLog(): Promise<string> {
    if (start !== undefined) return start;
    for await (const { hash } of store.readAll({ limit: 1 })) start = hash.slice(0, 16);
    return start ?? 'empty';
  }
  return {
    caughtUp: () => views.caughtUp(),
    version: async () => `${await startOfLog()}-${await store.head()}`,
    grants: shown.grants,
  };
}
