/** The log over HTTP, to several parties at once: pages, streams, and how many of these there may be. */
import { type IncomingMessage, get } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ProposedEvent, currentVersionOf } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import {
  TOKEN_LIFE_S,
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  partyOf,
} from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import request from 'supertest';
import { type HttpApp, createHttpApp } from '../http/http-app';
import type { CloudEvent } from './cloud-event';
import { watchedFrames } from './event-frames';
import { EventsModule } from './events.controller';
import { openStreams } from './open-streams';
import { partyLog } from './party-log';

const PATH = '/api/v1/events';
const POD = 'IT002E60000001';

let folder: string;
let store: SqliteEventStore;
let http: HttpApp;
let tokenOf: (actor: string) => Promise<string>;
/** Age of the tokens that are given. */
let tokenAgeMs = 0;
const closing = new AbortController();
let count = 0;

const proposed = (type: string, data: object): ProposedEvent => ({
  id: `5f1c8f5e-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
  type,
  schemaVersion: currentVersionOf(type),
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'platform:market',
  data,
});
const append = (stream: string, ...events: ProposedEvent[]) => store.append(stream, 'any', events);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'events-'));
  store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  const realm = { issuer: 'test', audience: 'test', clock: wallClock };
  const issuing = { nowMs: () => wallClock.nowMs() - tokenAgeMs };
  const issuer = createTokenIssuer({ ...realm, clock: issuing, key: await newTokenKey() });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  const clock = wallClock;
  const streams = openStreams({ perClient: 2, inAll: 3 });
  http = await createHttpApp(
    EventsModule.register({ log: partyLog(store), closing: closing.signal, streams, clock }),
    {
      title: 'Events',
      description: 'Events alone.',
      port: 0,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      reads: { caughtUp: async () => {}, version: async () => 'test' },
      log: () => {},
    },
  );
  const [one, two] = ['AGG1', 'AGG2'].map((aggregatorId) => ({ podId: POD, aggregatorId }));
  await append(`pod-${POD}`, proposed('PodRegistered', one!));
  await append(`meter-${POD}`, proposed('MeasurementRecorded', { podId: POD, sequence: 0 }));
  await append(`pod-${POD}`, proposed('PodDetailsChanged', two!));
  await append(`meter-${POD}`, proposed('MeasurementRecorded', { podId: POD, sequence: 1 }));
  await append(`pod-${POD}`, proposed('PodUnregistered', { podId: POD, reason: 'moved' }));
  await append(`meter-${POD}`, proposed('MeasurementRecorded', { podId: POD, sequence: 2 }));
  const rows = [one!, two!].map((row) => ({ ...row, requester: 'DSO' }));
  const part = { index: 0, of: 1 };
  await append('session-s', proposed('ResultPublished', { sessionId: 's', part, rows }));
});
afterAll(async () => {
  closing.abort();
  await http.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const as = async (actor: string) => ({ authorization: `Bearer ${await tokenOf(actor)}` });
const page = async (actor: string, query = ''): Promise<CloudEvent[]> => {
  const { body } = await request(http.url)
    .get(`${PATH}${query}`)
    .set(await as(actor))
    .expect(200);
  return body.items as CloudEvent[];
};

it('an aggregator is shown of a PoD what happened while it was its own', async () => {
  const seen = async (actor: string) =>
    (await page(actor)).map(({ type, data }) =>
      [type.replace('flexledger.', ''), (data as { sequence?: number }).sequence]
        .filter((word) => word !== undefined)
        .join(' '),
    );
  expect(await seen('aggregator:AGG1')).toEqual([
    'PodRegistered',
    'MeasurementRecorded 0',
    'ResultPublished',
  ]);
  expect(await seen('aggregator:AGG2')).toEqual([
    'PodDetailsChanged',
    'MeasurementRecorded 1',
    'PodUnregistered',
    'ResultPublished',
  ]);
  expect(await seen(`node:${POD}`)).toEqual([0, 1, 2].map((n) => `MeasurementRecorded ${n}`));
});

it('its own rows come under the hash of the whole event, told to be a part', async () => {
  const [whole] = await page('auditor', '?types=ResultPublished');
  expect(whole).not.toHaveProperty('flexledgerpartial');
  const [own] = await page('aggregator:AGG2', '?types=ResultPublished');
  const { rows } = whole!.data as { rows: readonly object[] };
  expect(own).toEqual({
    ...whole,
    data: { ...whole!.data, rows: [rows[1]] },
    flexledgerpartial: true,
  });
});

it('a type of which a party is shown nothing is not there for it, also by its name', async () => {
  expect(await page('customer:IT002E60000009', '?types=MeasurementRecorded')).toEqual([]);
});

it('a new event of a PoD that was registered just now arrives in the streams of its own people', async () => {
  const mine = await openStream('aggregator:AGG7', await store.head());
  const theirs = await openStream('aggregator:AGG8', await store.head());
  const podId = 'IT002E60000007';
  await append(`pod-${podId}`, proposed('PodRegistered', { podId, aggregatorId: 'AGG7' }));
  await append(`meter-${podId}`, proposed('MeasurementRecorded', { podId, sequence: 0 }));
  await append('session-t', proposed('SessionOpened', { sessionId: 't' }));
  expect(await mine.types(3)).toEqual(['PodRegistered', 'MeasurementRecorded', 'SessionOpened']);
  expect(await theirs.types(1)).toEqual(['SessionOpened']);
  await mine.close();
  await theirs.close();
});

describe('a stream ends', () => {
  const disabled = { party: 'aggregator:AGG6', reason: 'left the market' };
  const register = (podId: string) =>
    append(`pod-${podId}`, proposed('PodRegistered', { podId, aggregatorId: 'AGG6' }));

  it('once its party is disabled, and one with an older token shows nothing any more', async () => {
    const before = await store.head();
    const stream = await openStream('aggregator:AGG6', before);
    await register('IT002E60000061');
    expect(await stream.types(1)).toEqual(['PodRegistered']);
    await append('party-aggregator:AGG6', proposed('PartyDisabled', disabled));
    await register('IT002E60000062');
    expect(await stream.untilEnded()).toEqual(['PodRegistered']);
    const later = await openStream('aggregator:AGG6', before);
    expect(await later.untilEnded()).toEqual([]);
    await append('party-aggregator:AGG6', proposed('PartyEnabled', { party: disabled.party }));
    const again = await openStream('aggregator:AGG6', before);
    expect(await again.types(4)).toEqual([
      'PodRegistered',
      'PartyDisabled',
      'PodRegistered',
      'PartyEnabled',
    ]);
    await again.close();
  });

  it.each([
    ['client', 'ClientDisabled', { clientId: 'aggregator:AGG5' }, true],
    ['another client', 'ClientDisabled', { clientId: 'aggregator:AGG4' }, false],
    ['another user', 'UserDisabled', { userId: 'agg5.trader' }, false],
  ])('once its %s is disabled, if at all', async (_, type, data, isEnded) => {
    const log = partyLog(store);
    const { position } = await append('standing', proposed(type, { ...data, reason: 'lost' }));
    const actor = 'aggregator:AGG5';
    const machine = { clientId: actor, actor, scopes: [], ...partyOf(actor) };
    expect(await log.isDisabled(machine, position)).toBe(isEnded);
    const enabled = proposed(type.replace('Disabled', 'Enabled'), data);
    const after = (await append('standing', enabled)).position;
    expect(await log.isDisabled(machine, after)).toBe(false);
  });

  it('once the user who has signed in is disabled, or the app', async () => {
    const log = partyLog(store);
    const actor = 'aggregator:AGG5';
    const clientId = 'desk/agg5.trader';
    const user = { clientId, userId: 'agg5.trader', actor, scopes: [], ...partyOf(actor) };
    for (const [kind, data] of [
      ['User', { userId: 'agg5.trader' }],
      ['Client', { clientId: 'desk' }],
    ] as const) {
      const off = await append(
        'standing',
        proposed(`${kind}Disabled`, { ...data, reason: 'left' }),
      );
      expect(await log.isDisabled(user, off.position)).toBe(true);
      const on = await append('standing', proposed(`${kind}Enabled`, data));
      expect(await log.isDisabled(user, on.position)).toBe(false);
    }
  });

  it('with its token', async () => {
    tokenAgeMs = (TOKEN_LIFE_S - 2) * 1_000;
    const stream = await openStream('aggregator:AGG3', await store.head());
    tokenAgeMs = 0;
    expect(await stream.untilEnded()).toEqual([]);
  });
});

describe('open streams', () => {
  it('are limited for one client and in all, in words; a closed one leaves its place', async () => {
    const mine = [await openStream('aggregator:A1'), await openStream('aggregator:A1')];
    const third = await refused('aggregator:A1');
    expect(third).toMatchObject({ status: 429, code: 'too-many-streams' });
    expect(third.detail).toContain('Client aggregator:A1 has 2 event streams open');
    expect(third.retryAfter).toBe('5');
    const another = await openStream('aggregator:A2');
    expect(await refused('aggregator:A3')).toMatchObject({ status: 503, code: 'too-many-streams' });
    await mine[0]!.close();
    const again = await untilOpened('aggregator:A3');
    for (const stream of [mine[1]!, another, again]) await stream.close();
  });
});

it('who takes nothing is told of, and who waits for events is not', async () => {
  const signal = closing.signal;
  const stalled = async function* () {
    for (let n = 0; ; n += 1) yield String(n);
  };
  let isStalled = false;
  const frames = watchedFrames(stalled(), signal, () => (isStalled = true), 20);
  for (let n = 0; n < 10; n += 1) {
    await frames.next();
    await sleep(5);
  }
  expect(isStalled).toBe(false);
  while (!isStalled) await sleep(5);
  await frames.return(undefined);

  const stop = new AbortController();
  let isToldQuiet = false;
  const quiet = async function* () {
    yield 'one';
    await sleep(100_000, stop.signal);
  };
  const waiting = watchedFrames(quiet(), stop.signal, () => (isToldQuiet = true), 20);
  await waiting.next();
  const next = waiting.next();
  await sleep(200);
  stop.abort();
  await next;
  expect(isToldQuiet).toBe(false);
});

interface OpenedStream {
  /** Types of the first events. */
  types(count: number): Promise<string[]>;
  /** Types of all events, once the server has ended it. */
  untilEnded(): Promise<string[]>;
  close(): Promise<void>;
}

async function answerTo(actor: string, after: number): Promise<IncomingMessage> {
  const headers = { ...(await as(actor)), accept: 'text/event-stream' };
  return new Promise((resolve, reject) => {
    get(`${http.url}${PATH}?after=${after}`, { headers }, resolve).on('error', reject);
  });
}

async function openStream(actor: string, after = -1): Promise<OpenedStream> {
  const answer = await answerTo(actor, after);
  expect(answer.statusCode).toBe(200);
  let text = '';
  answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
  answer.on('error', () => undefined);
  const ended = new Promise((resolve) => answer.once('end', resolve));
  const found = () => [...text.matchAll(/"type":"flexledger\.(\w+)"/g)].map(([, type]) => type!);
  return {
    async types(wanted) {
      while (found().length < wanted) await sleep(5);
      return found();
    },
    async untilEnded() {
      await ended;
      return found();
    },
    async close() {
      answer.destroy();
      await sleep(1);
    },
  };
}

async function refused(actor: string) {
  const answer = await answerTo(actor, -1);
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  const { status, code, detail } = JSON.parse(text) as Record<string, unknown>;
  return { status, code, detail, retryAfter: answer.headers['retry-after'] };
}

/** The place of a stream that was closed is free a moment later. */
async function untilOpened(actor: string): Promise<Pick<OpenedStream, 'close'>> {
  for (;;) {
    const answer = await answerTo(actor, -1);
    answer.on('error', () => undefined);
    if (answer.statusCode === 200) {
      return { close: async () => void answer.destroy() };
    }
    answer.destroy();
    await sleep(5);
  }
}
