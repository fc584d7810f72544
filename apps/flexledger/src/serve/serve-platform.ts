/** The composed platform behind HTTP: REST, event stream and status page (DESIGN 12). */
import { AggregatorPlatformModule, type AggregatorServices } from '@flexledger/aggregator-platform';
import {
  DsoTechnicalPlatformModule,
  createStateEstimation,
  reportedWeather,
} from '@flexledger/dso-technical-platform';
import { createTokenIssuer, createTokenVerifier } from '@flexledger/identity';
import { MarketPlatformModule } from '@flexledger/market-platform';
import type { Clock } from '@flexledger/runtime';
import {
  DEFAULT_ACTORS,
  type LoadedRulePack,
  type LogReads,
  type OpenedClients,
  type ReadinessCheck,
  createHttpApp,
  openClients,
  openTokenKey,
} from '@flexledger/service-kit';
import { aggregatorDesk } from '../platform/aggregators';
import { readMarketKnowledge } from '../platform/market-knowledge';
import type { Platform } from '../platform/open-platform';
import { forecastBasis } from '../platform/reference-data';
import { observedCustomers } from '../platform/register-adapters';
import { PlatformHttpModule } from './platform-http.module';
import { watchSupply } from './status/chain-supply';
import { createStatusReader } from './status/status-snapshot';

export interface ServeOptions {
  readonly platform: Platform;
  readonly rules: LoadedRulePack;
  readonly clock: Clock;
  readonly dataDir: string;
  /** The data folder in the user's words, as the status page shows it. */
  readonly dataDirShown: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Told of errors that nobody foresaw. */
  readonly onProblem: (problem: string) => void;
}

export interface ServedPlatform {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly clients: OpenedClients;
  /** Ends event streams, lets requests under way finish, gives the port free. */
  close(): Promise<void>;
}

/** `iss` and `aud` of the tokens that this process gives and takes. */
const REALM = { issuer: 'flexledger', audience: 'flexledger' };

/** @throws Error when the port is taken or a file of clients cannot be used */
export async function servePlatform(options: ServeOptions): Promise<ServedPlatform> {
  const { platform, dataDir, clock, onProblem } = options;
  const closing = new AbortController();
  const clients = await openClients(dataDir, actorsOf(dataDir));
  const realm = { ...REALM, clock };
  const key = await openTokenKey(dataDir);
  const issuer = createTokenIssuer({ ...realm, key, clients: clients.clients });
  const verify = createTokenVerifier({ ...realm, keys: issuer.jwks() });
  const http = await createHttpApp(moduleOf(options, closing.signal), {
    title: 'Flexledger',
    description:
      'A complete local flexibility market on one event log. Get a token at `POST /oauth/token` ' +
      'with your client credentials; status page, health, log proofs and anchors need none.',
    port: options.port,
    access: { verify, issuer },
    readiness: readinessOf(platform),
    reads: logReads(platform),
    log: onProblem,
  });
  return {
    url: http.url,
    clients,
    async close() {
      closing.abort();
      await http.close();
    },
  };
}

function moduleOf(options: ServeOptions, closing: AbortSignal) {
  const { platform, rules, clock, dataDirShown } = options;
  const { store, views, chain, customers, sessions, awards, agreements, forecasts } = platform;
  const { documents, runner } = views;
  const { rulePack } = rules;
  const { timeZone } = rulePack;
  const supply = watchSupply(() => chain.tokenContract.totalSupplyMicroEur(), clock);
  const status = createStatusReader({ store, views, clock, timeZone, supply });
  const services = {
    ...{ store, runner, documents, status, closing },
    page: { dataDir: dataDirShown },
  };
  const tokens = chain.tokenContract;
  const market = { sessions, documents, rules: rulePack, tokens, awards, agreements };
  const estimation = createStateEstimation({
    ...{
      grid: platform.grid,
      basis: forecastBasis(timeZone, rulePack.baseline.holidays),
      store,
      clock,
    },
    weather: (fromMs, untilMs) => reportedWeather(documents, platform.grid.gridId, fromMs, untilMs),
    customers: (day, startMs) => observedCustomers(documents, platform.grid.gridId, day, startMs),
  });
  return PlatformHttpModule.register(services, [
    MarketPlatformModule.register(market),
    customers.http,
    DsoTechnicalPlatformModule.register({ store, documents, estimation, forecasts, clock }),
    AggregatorPlatformModule.register(aggregatorServices(options)),
    platform.certification.http,
    platform.access.http,
  ]);
}

/** An aggregator of whom nothing is known in this data folder has a desk all the same. */
function aggregatorServices({ platform, rules, dataDir }: ServeOptions): AggregatorServices {
  const { census, sessions, views } = platform;
  const { documents } = views;
  const known = readMarketKnowledge(dataDir)?.aggregators ?? [];
  const parts = { documents, census, sessions, rules: rules.rulePack };
  const desks = new Map(known.map((own) => [own.aggregatorId, aggregatorDesk(parts, own)]));
  return {
    ...{ documents, rules: rules.rulePack },
    deskOf: (aggregatorId) =>
      desks.get(aggregatorId) ??
      aggregatorDesk(parts, { aggregatorId, marginPerMille: 0, pods: {} }),
  };
}

/** A client for each party, and for each aggregator that bids by itself in this data folder. */
function actorsOf(dataDir: string): string[] {
  const bidders = readMarketKnowledge(dataDir)?.aggregators ?? [];
  const aggregators = bidders.map(({ aggregatorId }) => `aggregator:${aggregatorId}`);
  return [...new Set([...DEFAULT_ACTORS, ...aggregators])];
}

function readinessOf({ store, views, chain }: Platform): ReadinessCheck[] {
  return [
    { name: 'event log', check: async () => void (await store.head()) },
    {
      name: 'read models',
      check: async () => {
        const halted = views.runner.status().flatMap((view) => view.halted ?? []);
        if (halted.length > 0) throw halted[0]!;
      },
    },
    { name: 'chain', check: async () => void (await chain.anchorContract.latest()) },
  ];
}

/** What reading requests wait for, and by what answers are known again. */
function logReads({ store, views }: Platform): LogReads {
  let start: string | undefined;
  async function startOfLog(): Promise<string> {
    if (start !== undefined) return start;
    for await (const { hash } of store.readAll({ limit: 1 })) start = hash.slice(0, 16);
    return start ?? 'empty';
  }
  return {
    caughtUp: async () => void (await views.runner.catchUp()),
    version: async () => `${await startOfLog()}-${await store.head()}`,
  };
}
