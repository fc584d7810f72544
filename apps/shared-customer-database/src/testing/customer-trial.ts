/** A shared customer database over a log of its own, in process and behind HTTP, for its tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gridModelStream, meterStream } from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { OPEN, feederFile } from '@flexledger/grid-operations';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  uuidFrom,
} from '@flexledger/identity';
import {
  type MeasuredQuarterHour,
  type PlatformClient,
  createPlatformClient,
} from '@flexledger/ports';
import { type Views, openViews } from '@flexledger/projections';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { type HttpApp, createHttpApp } from '@flexledger/service-kit';
import { type OpenedSharedCustomerDatabase, openSharedCustomerDatabase } from '../open';
import { SHARED_CUSTOMER_DATABASE_POLICY } from '../policy';

export interface CustomerTrial {
  readonly clock: VirtualClock;
  readonly log: EventStore;
  readonly customers: OpenedSharedCustomerDatabase;
  /** Puts certified packets into the log. */
  record(podId: string, measured: readonly MeasuredQuarterHour[]): Promise<void>;
  close(): Promise<void>;
}

export interface ServedTrial extends CustomerTrial {
  readonly url: string;
  /** Calls the platform with the token of one of `ACTORS`. */
  clientOf(actor: string): PlatformClient;
  tokenOf(actor: string): Promise<string>;
  /** One request as a party, or without a token; whatever the answer is. */
  call(
    actor: string | undefined,
    request: `${'GET' | 'POST' | 'PUT' | 'DELETE'} ${string}`,
    body?: object,
    key?: string,
  ): Promise<{ readonly status: number; readonly body: Answer }>;
}

/** An answer's JSON, or a problem's. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Answer = any;

export const NOW_MS = Date.parse('2026-03-17T10:00:00.000Z');
/** Those who can sign in. */
export const ACTORS = [
  'aggregator:AGG1',
  'aggregator:AGG2',
  'customer:IT002E00000001',
  'dso',
  'tso',
  'operator',
  'auditor',
  'platform:market',
] as const;

export async function openTrial(): Promise<CustomerTrial> {
  const folder = mkdtempSync(path.join(tmpdir(), 'customers-'));
  const clock = new VirtualClock(NOW_MS);
  const log = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const views: Views = openViews({ path: ':memory:', store: log });
  const policy = SHARED_CUSTOMER_DATABASE_POLICY;
  const customers = await openSharedCustomerDatabase({
    log,
    views,
    clock,
    timers: clock,
    policy,
  });
  await publishRome(log);
  let sequence = 0;
  return {
    clock,
    log,
    customers,
    async record(podId, measured) {
      for (const { mtuStartMs, ...energies } of measured) {
        sequence += 1;
        const mtuStart = isoFromMs(mtuStartMs);
        const totals = { withdrawnTotalWh: 0, injectedTotalWh: 0 };
        const id = uuidFrom(`packet/${sequence}`);
        const inputData = { podId, sequence, mtuStart, ...energies, ...totals };
        await log.append(meterStream(podId, mtuStart), 'any', [
          {
            id,
            type: 'MeasurementRecorded',
            schemaVersion: 1,
            occurredAt: mtuStart,
            correlationId: id,
            causationId: id,
            actor: `node:${podId}`,
            data: { podId, sequence, inputData, hash: '00', signedHash: '00' },
          },
        ]);
      }
    },
    async close() {
      await customers.close();
      await views.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Buses n1 to n50 of grid rome, all of them under the point of measurement PS-t1. */
export async function publishRome(log: EventStore): Promise<void> {
  const id = uuidFrom('rome');
  const buses = Array.from({ length: 50 }, (_, parent) => ({ parent, rOhm: 0.001 }));
  await log.append(gridModelStream('rome'), 'any', [
    {
      id,
      type: 'GridModelPublished',
      schemaVersion: 1,
      occurredAt: isoFromMs(NOW_MS),
      correlationId: id,
      causationId: id,
      actor: 'dso',
      data: { gridId: 'rome', model: feederFile(buses), limits: OPEN, digest: '00' },
    },
  ]);
}

/** The same behind HTTP, with tokens of `ACTORS`. */
export async function serveTrial(): Promise<ServedTrial> {
  const trial = await openTrial();
  const realm = { issuer: 'trial', audience: 'trial', clock: trial.clock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  const verify = createTokenVerifier({ ...realm, keys: issuer.jwks() });
  const { register } = trial.customers.ports;
  const http: HttpApp = await createHttpApp(trial.customers.http, {
    title: 'Customers',
    description: 'A trial.',
    port: 0,
    access: { verify },
    reads: {
      // A read of the register waits for all views of the trial, which is what a request needs.
      caughtUp: async () => void (await register.pod('none')),
      version: async () => `${await trial.log.head()}`,
    },
    log: (line) => {
      throw new Error(line);
    },
  });
  const tokenOf = async (actor: string): Promise<string> =>
    (await issuer.issueFor(actor)).accessToken;
  return {
    ...trial,
    url: http.url,
    tokenOf,
    async call(actor, request, body, key) {
      const [method, where] = request.split(' ') as [string, string];
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (actor !== undefined) headers['authorization'] = `Bearer ${await tokenOf(actor)}`;
      if (key !== undefined) headers['idempotency-key'] = key;
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(new URL(where, http.url), { method, headers, ...sent });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    clientOf: (actor) => createPlatformClient({ baseUrl: http.url, token: () => tokenOf(actor) }),
    async close() {
      await http.close();
      await trial.close();
    },
  };
}

/** What a PoD is registered with. */
export const podDetails = (aggregatorId: string) => ({
  aggregatorId,
  customerKind: 'household' as const,
  contractedPowerW: 6_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 0,
  wallet: `0x${'ab'.repeat(20)}`,
});

/** Registers PoDs IT002E00000001, -2, ... of the aggregators given. */
export async function registerPods(
  { customers }: CustomerTrial,
  ...aggregatorIds: readonly string[]
): Promise<void> {
  for (const [index, aggregatorId] of aggregatorIds.entries()) {
    const podId = `IT002E0000000${index + 1}`;
    await customers.ports.register.submit(
      [{ kind: 'registerPod', podId, ...podDetails(aggregatorId) }],
      { requestId: `register ${podId}`, actor: `aggregator:${aggregatorId}` },
    );
  }
}
