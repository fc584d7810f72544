/** Two logs of a test, one of which is served over a socket and followed by the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MirrorAlarm,
  type MirroredEvent,
  type ProposedEvent,
  type RecordedEvent,
  currentVersionOf,
} from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { EventsModule } from '../../events/events.controller';
import { partyLog } from '../../events/party-log';
import { type HttpApp, createHttpApp } from '../../http/http-app';
import { type MirrorSource, createMirror } from '../mirror';

let folder: string;
export let theirs: SqliteEventStore;
export let ours: SqliteEventStore;
let http: HttpApp | undefined;
let served: AbortController;
export let problems: string[];
export let following: AbortController;
let count = 0;
/** Where the other side answers, for as long as the test lasts. */
export let port = 0;

const realm = { issuer: 'test', audience: 'test', clock: wallClock };
const issuing = newTokenKey().then((key) => createTokenIssuer({ ...realm, key }));

export const open = (name: string): SqliteEventStore =>
  openSqliteEventStore({ path: path.join(folder, name), clock: wallClock });

export async function serve(store = theirs): Promise<void> {
  served = new AbortController();
  const issuer = await issuing;
  http = await createHttpApp(
    EventsModule.register({ log: partyLog(store), closing: served.signal, clock: wallClock }),
    {
      title: 'Events',
      description: 'Events alone.',
      port,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      reads: { caughtUp: async () => {}, version: async () => 'test' },
      log: () => {},
    },
  );
  port = Number(new URL(http.url).port);
}
export async function cut(): Promise<void> {
  served.abort();
  await http?.close();
  http = undefined;
}

/** Both are made anew for each test, and the other side is served. */
export function useTwoLogs(): void {
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mirror-'));
    theirs = open('theirs.sqlite');
    ours = open('ours.sqlite');
    problems = [];
    port = 0;
    await serve();
  });
  afterEach(async () => {
    following.abort();
    await cut();
    await ours.close();
    await theirs.close();
    rmSync(folder, { recursive: true });
  });
}

export async function follow(party: string, more: Partial<MirrorSource> = {}): Promise<void> {
  following = new AbortController();
  const url = `http://127.0.0.1:${port}`;
  const mirror = createMirror({
    source: { name: 'market', url, certifierUrl: url, party, ...more },
    token: async () => (await (await issuing).issueFor(party)).accessToken,
    log: ours,
    clock: wallClock,
    onProblem: (problem) => void problems.push(problem),
    pausesMs: [20],
    lookBackEveryMs: 50,
  });
  await mirror.begin!({ signal: following.signal, fence: 1 });
}

export const proposed = (type: string, data: object): ProposedEvent => ({
  id: `5f1c8f5e-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
  type,
  schemaVersion: currentVersionOf(type),
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'platform:market',
  data,
});
export const opened = (sessionId: string) => proposed('SessionOpened', { sessionId });
export const closed = (sessionId: string) =>
  proposed('SessionClosed', { sessionId, requests: 0, offers: 0 });
export const result = (sessionId: string, ...aggregatorIds: string[]) =>
  proposed('ResultPublished', {
    sessionId,
    part: { index: 0, of: 1 },
    rows: aggregatorIds.map((aggregatorId) => ({
      offerId: `o-${aggregatorId}`,
      requestId: 'DSO-1',
      podId: 'IT002E60000001',
      aggregatorId,
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      firstMtu: 0,
      acceptedW: [1_000],
      priceMicroEurPerKwh: [100_000],
    })),
  });

export async function all(store: SqliteEventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}
export const own = async (): Promise<RecordedEvent[]> =>
  (await all(ours)).filter(({ streamId }) => streamId !== 'mirror-market');
export const dataOf = async <Data>(type: string): Promise<Data[]> =>
  (await all(ours)).filter((event) => event.type === type).map(({ data }) => data as Data);
export const mirrored = async (): Promise<MirroredEvent[]> =>
  (await dataOf<{ events: MirroredEvent[] }>('EventsMirrored')).flatMap(({ events }) => events);
export const alarms = async (): Promise<string[]> =>
  (await dataOf<MirrorAlarm>('MirrorAlarmRaised')).map(({ kind }) => kind);

export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 5_000; tries += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`It never came to it; told: ${problems.join(' ')}`);
}
export const untilMirrored = (events: number): Promise<void> =>
  until(async () => (await mirrored()).length >= events);
