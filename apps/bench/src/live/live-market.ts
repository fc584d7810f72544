/**
 * A market platform as its composer opens it, over a durable log and its own read models, behind HTTP with real tokens.
 * The shared customer database is a table of drawn PoDs; no settlement and no chain is asked for.
 */
import path from 'node:path';
import type { MarketPod } from '@flexledger/domain';
import {
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { type MarketPlatform, marketViews, openMarketPlatform } from '@flexledger/market-platform';
import { type PlatformClient, createPlatformClient } from '@flexledger/ports';
import { openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { createHttpApp, loadRulePack, toldClient } from '@flexledger/service-kit';

/** The market, its time, and how parties reach it. */
export interface LiveMarket {
  readonly market: MarketPlatform;
  /** As a party, by REST. */
  clientOf(actor: string): PlatformClient;
  /** Lets time go on, with all that follows from it. */
  until(atMs: number): Promise<void>;
  /** Folds everything that stands in the log into the read models. */
  foldAll(): Promise<void>;
  /** @throws Error naming what went wrong meanwhile */
  close(): Promise<void>;
}

export interface LiveMarketOptions {
  readonly folder: string;
  readonly startMs: number;
  /** A PoD of the register. */
  readonly podOf: (podId: string) => MarketPod | undefined;
}

const REALM = { issuer: 'flexledger', audience: 'flexledger' };
const POMS: readonly string[] = ['PS-1', 'PS-2'];
const notHere = (): Promise<never> => Promise.reject(new Error('nothing is settled here'));

/** Opens it at an instant, with nothing scheduled. */
export async function openLiveMarket(options: LiveMarketOptions): Promise<LiveMarket> {
  const { folder, startMs, podOf } = options;
  const clock = new VirtualClock(startMs);
  const log = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const views = openViews({
    path: path.join(folder, 'views.sqlite'),
    store: log,
    views: marketViews,
  });
  // As long as it takes: a large session's bids are folded in one go here, while a served platform folds as they come.
  const foldAll = async (): Promise<void> => void (await views.runner.catchUp());
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const market = await openMarketPlatform({
    ...{ log, views, clock, timers: clock, onProblem },
    rules: loadRulePack('platone'),
    saltKey: '5a'.repeat(32),
    ports: {
      register: {
        lookUp: async (podIds, poms) => ({
          pods: new Map(
            podIds.flatMap((podId) => {
              const pod = podOf(podId);
              return pod ? [[podId, pod] as const] : [];
            }),
          ),
          poms: new Set(poms.filter((pom) => POMS.includes(pom))),
        }),
        baselines: notHere,
      },
      measurements: { quarterHours: notHere },
      tokens: {
        award: notHere,
        claimable: notHere,
        address: `0x${'70'.repeat(20)}`,
        former: [],
        balanceOfMicroEur: notHere,
        claimedMicroEur: notHere,
      },
      agreementLedger: { address: `0x${'a9'.repeat(20)}`, atOnce: 100, record: notHere },
    },
  });
  const processors = createProcessorRunner({
    store: log,
    state: memoryProcessorState(clock),
    owner: 'bench',
    processors: market.processors,
    clock,
    viewsReady: foldAll,
    onProblem: ({ message }) => onProblem(message),
  });
  const issuer = createTokenIssuer({ ...REALM, clock, key: await newTokenKey() });
  const http = await createHttpApp(market.http, {
    title: 'Market platform',
    description: 'The market platform alone.',
    port: 0,
    access: { verify: createTokenVerifier({ ...REALM, clock, keys: issuer.jwks() }) },
    reads: { caughtUp: foldAll, version: async () => `bench-${await log.head()}` },
    log: onProblem,
  });
  const requireNone = (): void => {
    if (problems.length > 0) throw new Error(problems.slice(0, 3).join('; '));
  };
  return {
    market,
    clientOf(actor) {
      const token = async (): Promise<string> => (await issuer.issueFor(actor)).accessToken;
      return toldClient(
        createPlatformClient({ baseUrl: http.url, token, timeoutMs: 600_000 }),
        actor,
      );
    },
    async until(untilMs) {
      await processors.drain();
      await clock.advanceTo(untilMs, () => processors.drain());
      requireNone();
    },
    foldAll,
    async close() {
      await http.close();
      await market.close();
      await views.close();
      await log.close();
      requireNone();
    },
  };
}
