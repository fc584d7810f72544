/**
 * A market platform as its composer opens it, over a log in a folder of its own, behind HTTP on a free
 * port with real tokens; time is the test's. The shared customer database is a table of PoDs, whose
 * meters all say the same; the chain is a ledger in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type MarketPod, MTU_MS } from '@flexledger/domain';
import {
  type EventStore,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { type PlatformClient, createPlatformClient } from '@flexledger/ports';
import { openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { createHttpApp, loadRulePack } from '@flexledger/service-kit';
import { type MarketPlatform, openMarketPlatform } from '../open';
import { MARKET_POLICY } from '../policy';
import { createLedger } from '../settlement/testing/sold-day';

/** What a test does with a served market. */
export interface ServedMarket {
  readonly log: EventStore;
  readonly clock: VirtualClock;
  readonly market: MarketPlatform;
  readonly url: string;
  /** PoDs as the register has them; a test may change it. */
  readonly pods: Map<string, MarketPod>;
  /** A party's token, good for an hour of the test's time. */
  tokenOf(actor: string): Promise<string>;
  /** How another platform calls this one as a party. */
  clientOf(actor: string): PlatformClient;
  /** Sends a request, as a party or, undefined, without a token. */
  send(
    actor: string | undefined,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Lets time go on, with all that follows from it. */
  until(atMs: number): Promise<void>;
  /** Lets what follows from the last event happen. */
  settle(): Promise<void>;
  /** Data of the log's events of a type, in their order. */
  dataOf<Data>(type: string): Promise<Data[]>;
  close(): Promise<void>;
}

const REALM = { issuer: 'flexledger', audience: 'flexledger' };
const BASELINE_W = 3_000;
const MEASURED_WH = 500;

/** Opens one at an instant, with nothing scheduled. @param pack name of its rule pack */
export async function serveMarket(
  atMs: number,
  register: Readonly<Record<string, MarketPod>>,
  pack = 'platone',
  policy = MARKET_POLICY,
): Promise<ServedMarket> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-market-'));
  const clock = new VirtualClock(atMs);
  const log = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const views = openViews({ path: ':memory:', store: log });
  const pods = new Map(Object.entries(register));
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const ledger = createLedger();
  const market = await openMarketPlatform({
    log,
    views,
    clock,
    timers: clock,
    rules: loadRulePack(pack),
    policy,
    saltKey: '5a'.repeat(32),
    ports: {
      register: {
        lookUp: async (podIds, poms) => ({
          pods: new Map(podIds.flatMap((id) => (pods.has(id) ? [[id, pods.get(id)!]] : []))),
          poms: new Set(poms.filter((pom) => [...pods.values()].some((pod) => pod.pom === pom))),
        }),
        baselines: async (podIds) =>
          podIds.map((podId) => ({
            podId,
            declared: [{ declaredAt: new Date(0).toISOString(), baselineW: baseline() }],
          })),
      },
      measurements: {
        quarterHours: async (podIds, fromMs, untilMs) =>
          podIds.map(() => measuredEveryQuarterHour(fromMs, untilMs)),
      },
      tokens: {
        ...ledger.ledger,
        claimable: async () => ({
          root: `0x${[...ledger.awards.keys()].at(-1) ?? ''}`,
          index: ledger.awards.size - 1,
        }),
        former: [],
        balanceOfMicroEur: async () => 5n,
        claimedMicroEur: async () => 2n,
      },
      agreementLedger: {
        address: `0x${'a9'.repeat(20)}`,
        atOnce: 100,
        record: async (_, digests) => new Map(digests.map((digest) => [digest, `0x${digest}`])),
      },
    },
    onProblem,
  });
  const reactors = createProcessorRunner({
    store: log,
    state: memoryProcessorState(clock),
    owner: 'test',
    processors: market.processors,
    clock,
    viewsReady: (position) => views.caughtUp(position),
    onProblem: ({ message }) => onProblem(message),
  });
  const issuer = createTokenIssuer({ ...REALM, clock, key: await newTokenKey() });
  const http = await createHttpApp(market.http, {
    title: 'Market platform',
    description: 'The market platform alone.',
    port: 0,
    access: { verify: createTokenVerifier({ ...REALM, clock, keys: issuer.jwks() }) },
    reads: {
      caughtUp: () => views.caughtUp(),
      version: async () => `test-${await log.head()}`,
    },
    log: onProblem,
  });
  const tokenOf = async (actor: string): Promise<string> =>
    (await issuer.issueFor(actor)).accessToken;
  return {
    log,
    clock,
    market,
    pods,
    tokenOf,
    url: http.url,
    clientOf: (actor) => createPlatformClient({ baseUrl: http.url, token: () => tokenOf(actor) }),
    async send(actor, method, path, body) {
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (actor !== undefined) headers['authorization'] = `Bearer ${await tokenOf(actor)}`;
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${http.url}${path}`, { method, headers, ...sent });
      const text = await answer.text();
      const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      return { status: answer.status, body: json };
    },
    async until(untilMs) {
      // What was put into the log before time goes on arms what happens then.
      await reactors.drain();
      await clock.advanceTo(untilMs, () => reactors.drain());
    },
    settle: () => reactors.drain(),
    async dataOf<Data>(type: string) {
      const data: Data[] = [];
      for await (const event of log.readAll({ filter: { types: [type] } })) {
        data.push(event.data as Data);
      }
      return data;
    },
    async close() {
      await http.close();
      await market.close();
      await views.close();
      await log.close();
      rmSync(folder, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}

/** Long enough for a day of 25 hours. */
const baseline = (): number[] => new Array<number>(100).fill(BASELINE_W);

function measuredEveryQuarterHour(fromMs: number, untilMs: number) {
  const quarterHours = [];
  for (let mtuStartMs = fromMs; mtuStartMs < untilMs; mtuStartMs += MTU_MS) {
    quarterHours.push({ mtuStartMs, withdrawnWh: MEASURED_WH, injectedWh: 0, reactiveVarh: 0 });
  }
  return quarterHours;
}

/** One request and what it is answered with: the status, and the code where it is refused. */
export type Answered = readonly [
  actor: string | undefined,
  request: string,
  body: object | undefined,
  status: number,
  code?: string,
];

/** Sends requests one after another and compares all their answers at once. */
export async function expectAnswers(
  served: ServedMarket,
  rows: readonly Answered[],
): Promise<void> {
  const found: Answered[] = [];
  for (const [actor, request, body] of rows) {
    const [method, path] = request.split(' ') as [string, string];
    const { status, body: answer } = await served.send(actor, method, path, body);
    const known = [actor, request, body, status] as const;
    found.push(status < 400 ? known : [...known, String(answer['code'])]);
  }
  expect(found).toEqual(rows);
}
