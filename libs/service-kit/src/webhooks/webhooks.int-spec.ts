/** Events sent to a party's own address: signed, in order, again when refused, never lost, never another's. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ProposedEvent, currentVersionOf } from '@flexledger/domain';
import {
  type ProcessorRunner,
  type SqliteEventStore,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import request from 'supertest';
import type { CloudEvent } from '../events/cloud-event';
import { partyLog } from '../events/party-log';
import { type HttpApp, createHttpApp } from '../http/http-app';
import { openWebhooks } from './open-webhooks';
import { type WebhookFeed, WebhooksModule } from './webhooks.controller';

const PATH = '/api/v1/webhooks';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let folder: string;
let store: SqliteEventStore;
let feed: WebhookFeed;
let http: HttpApp;
let runner: ProcessorRunner;
let following: Promise<void>;
let stop: AbortController;
let receiver: Server;
let receiverUrl: string;
/** What the receiver answers, by path. */
const answers = new Map<string, number>();
const received = new Map<string, Received[]>();
const problems: string[] = [];
let tokenOf: (actor: string) => Promise<string>;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'webhooks-'));
  store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  receiver = createServer((asked, answer) => {
    let body = '';
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
    asked.on('end', () => {
      const { url = '', headers } = asked;
      received.set(url, [...(received.get(url) ?? []), { headers, body }]);
      answer.writeHead(answers.get(url) ?? 204, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  feed = openFeed();
  const realm = { issuer: 'test', audience: 'test', clock: wallClock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  http = await createHttpApp(WebhooksModule.register(feed), {
    title: 'Webhooks',
    description: 'Webhooks alone.',
    port: 0,
    access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    reads: { caughtUp: async () => {}, version: async () => 'test' },
    log: () => {},
  });
  begin();
});
afterAll(async () => {
  await end();
  await http.close();
  feed.state.close();
  await store.close();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(folder, { recursive: true });
});

function openFeed(): WebhookFeed {
  return openWebhooks({
    log: partyLog(store),
    path: path.join(folder, 'webhooks.sqlite'),
    reach: 'loopback',
    clock: wallClock,
    backOffMs: [1, 1],
    againMs: 1,
    onProblem: (problem) => problems.push(problem),
  });
}
function begin(): void {
  stop = new AbortController();
  runner = createProcessorRunner({
    store,
    state: memoryProcessorState(wallClock),
    owner: 'one',
    clock: wallClock,
    processors: [feed.deliveries.processor],
    viewsReady: async () => {},
    onProblem: ({ message }) => problems.push(message),
  });
  following = runner.follow(stop.signal);
}
async function end(): Promise<void> {
  stop.abort();
  await following;
}

const as = async (actor: string) => ({ authorization: `Bearer ${await tokenOf(actor)}` });
async function subscribe(actor: string, asked: object, status = 201) {
  const answer = await request(http.url)
    .post(PATH)
    .set(await as(actor))
    .send(asked);
  expect([answer.status, answer.body.detail]).toEqual([status, answer.body.detail]);
  return answer.body as { webhookId: string; secret: string; code: string; detail: string };
}
async function append(stream: string, type: string, data: object): Promise<number> {
  count += 1;
  const event: ProposedEvent = {
    id: `5f1c8f5e-0000-4000-8000-${String(count).padStart(12, '0')}`,
    type,
    schemaVersion: currentVersionOf(type),
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: 'c',
    causationId: 'c',
    actor: 'platform:access',
    data,
  };
  return (await store.append(stream, 'any', [event])).position;
}
async function measured(podId: string): Promise<number> {
  return append(`meter-${podId}`, 'MeasurementRecorded', { podId, sequence: count });
}
async function standing(type: 'PartyDisabled' | 'PartyEnabled', party: string): Promise<void> {
  const data = { party, ...(type === 'PartyDisabled' ? { reason: 'left the market' } : {}) };
  await append(`party-${party}`, type, data);
}
async function untilReceived(at: string, wanted: number): Promise<readonly Received[]> {
  while ((received.get(at)?.length ?? 0) < wanted) await sleep(5);
  return received.get(at)!;
}
const positionsAt = (messages: readonly Received[]): number[] =>
  messages.map(({ body }) => (JSON.parse(body) as CloudEvent).position);

/** As a receiver verifies a message: by its own hands. */
function isSignedBy(secret: string, { headers, body }: Received): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}

const [MINE, THEIRS] = ['IT002E60000001', 'IT002E60000002'];

it('a customer is sent its own events, in order, signed, and nothing of others', async () => {
  const { webhookId, secret } = await subscribe(`customer:${MINE}`, {
    url: `${receiverUrl}/mine`,
    types: ['MeasurementRecorded'],
  });
  const first = await measured(MINE!);
  await measured(THEIRS!);
  const second = await measured(MINE!);
  const messages = await untilReceived('/mine', 2);
  expect(positionsAt(messages)).toEqual([first, second]);
  for (const message of messages) {
    expect(message.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(message.headers['webhook-id']).toBe((JSON.parse(message.body) as CloudEvent).id);
    expect(isSignedBy(secret, message)).toBe(true);
  }
  const { body } = await request(http.url)
    .get(PATH)
    .set(await as(`customer:${MINE}`));
  expect(body.items).toEqual([
    expect.objectContaining({ webhookId, deadLetters: 0, party: `customer:${MINE}` }),
  ]);
  expect(JSON.stringify(body)).not.toContain('whsec_');
  const others = await request(http.url)
    .get(PATH)
    .set(await as(`customer:${THEIRS}`));
  expect(others.body.items).toEqual([]);
});

it('the same asked again is the same webhook; no secret stands in the log, the file is for its owner', async () => {
  const asked = { url: `${receiverUrl}/mine`, types: ['MeasurementRecorded'] };
  const [one, two] = [
    await subscribe(`customer:${MINE}`, asked),
    await subscribe(`customer:${MINE}`, asked),
  ];
  expect(two).toMatchObject({ webhookId: one!.webhookId, secret: one!.secret });
  let log = '';
  for await (const event of store.readAll()) log += JSON.stringify(event);
  expect(log).toContain('WebhookSubscribed');
  expect(log).not.toContain('whsec_');
  for (const file of readdirSync(folder).filter((name) => name.startsWith('webhooks.sqlite'))) {
    expect([file, statSync(path.join(folder, file)).mode & 0o077]).toEqual([file, 0]);
  }
});

it('what is refused is tried again and then kept, and can be sent once more', async () => {
  const actor = 'auditor';
  answers.set('/flaky', 500);
  const { webhookId, secret } = await subscribe(actor, {
    url: `${receiverUrl}/flaky`,
    stream: `meter-${THEIRS}`,
  });
  const lost = await measured(THEIRS!);
  await untilReceived('/flaky', 3);
  const letters = async () => {
    const { body } = await request(http.url)
      .get(`${PATH}/${webhookId}/dead-letters`)
      .set(await as(actor));
    return body.items as { position: number; reason: string; attempts: number }[];
  };
  while ((await letters()).length === 0) await sleep(5);
  expect(await letters()).toEqual([
    expect.objectContaining({ position: lost, attempts: 3, reason: 'It answered 500.' }),
  ]);
  expect(problems.at(-1)).toContain(`event ${lost} is given up after 3 attempts`);
  // The events after it are not held up.
  answers.set('/flaky', 200);
  const next = await measured(THEIRS!);
  expect(positionsAt(await untilReceived('/flaky', 4))).toEqual([lost, lost, lost, next]);

  answers.set('/flaky', 302);
  const redeliver = async () =>
    request(http.url)
      .post(`${PATH}/${webhookId}/dead-letters/${lost}/redelivery`)
      .set(await as(actor));
  expect((await redeliver()).body).toEqual({
    delivered: false,
    reason: 'It answered 302, a redirect, which is not followed.',
  });
  expect(received.has('/elsewhere')).toBe(false);
  answers.set('/flaky', 204);
  expect((await redeliver()).body).toEqual({ delivered: true });
  expect(await letters()).toEqual([]);
  const again = await redeliver();
  expect([again.status, again.body.code]).toEqual([404, 'dead-letter-unknown']);
  expect(isSignedBy(secret, received.get('/flaky')!.at(-1)!)).toBe(true);
});

it('goes on where it was when another instance takes over, without loss or repetition', async () => {
  const { webhookId } = await subscribe('operator', {
    url: `${receiverUrl}/long`,
    stream: `meter-${MINE}`,
  });
  const before = await measured(MINE!);
  await untilReceived('/long', 1);
  while (feed.state.progressOf(webhookId).position !== before) await sleep(5);
  await end();
  const between = await measured(MINE!);
  begin();
  const after = await measured(MINE!);
  await untilReceived('/long', 3);
  expect(positionsAt(received.get('/long')!)).toEqual([before, between, after]);
});

it('signs by both secrets after a rotation, which a repeat of the same request does not repeat', async () => {
  const actor = 'tso';
  const { webhookId, secret } = await subscribe(actor, {
    url: `${receiverUrl}/tso`,
    types: ['MeasurementRecorded'],
  });
  const rotate = async () =>
    request(http.url)
      .post(`${PATH}/${webhookId}/secret`)
      .set({ ...(await as(actor)), 'idempotency-key': 'rotate-1' })
      .expect(201);
  const [one, two] = [await rotate(), await rotate()];
  expect(two.body.secret).toBe(one.body.secret);
  expect(one.body.secret).not.toBe(secret);
  await measured(MINE!);
  const [message] = await untilReceived('/tso', 1);
  expect([secret, one.body.secret].map((by: string) => isSignedBy(by, message!))).toEqual([
    true,
    true,
  ]);
});

it('is deleted for good, by its party or an operator only', async () => {
  const { webhookId } = await subscribe('dso', { url: `${receiverUrl}/dso`, after: -1 });
  const remove = async (actor: string) =>
    request(http.url)
      .delete(`${PATH}/${webhookId}`)
      .set(await as(actor));
  const foreign = await remove('tso');
  expect([foreign.status, foreign.body.code]).toEqual([404, 'webhook-unknown']);
  // From the log's beginning.
  await untilReceived('/dso', 1);
  expect((await remove('dso')).status).toBe(204);
  await end();
  begin();
  const later = await measured(MINE!);
  while (!positionsAt(await untilReceived('/tso', 1)).includes(later)) await sleep(5);
  expect(positionsAt(received.get('/dso')!)).not.toContain(later);
  expect((await remove('dso')).status).toBe(404);
});

it('subscribed anew it is another one, with another secret, and the old one leaves it alone', async () => {
  const asked = { url: `${receiverUrl}/anew`, types: ['MeasurementRecorded'] };
  const remove = async (webhookId: string) =>
    request(http.url)
      .delete(`${PATH}/${webhookId}`)
      .set(await as('dso'))
      .expect(204);
  const first = await subscribe('dso', asked);
  await remove(first.webhookId);
  const second = await subscribe('dso', asked);
  expect(second.webhookId).not.toBe(first.webhookId);
  expect(second.secret).not.toBe(first.secret);
  // What a late instance still does for the old one.
  feed.state.forget(first.webhookId);
  const position = await measured(THEIRS!);
  const [message] = await untilReceived('/anew', 1);
  expect(positionsAt([message!])).toEqual([position]);
  expect(isSignedBy(second.secret, message!)).toBe(true);
  await remove(second.webhookId);
});

it('a request whose webhook is deleted since is not answered as if it stood', async () => {
  const send = async () =>
    request(http.url)
      .post(PATH)
      .set({ ...(await as('dso')), 'idempotency-key': 'once' })
      .send({ url: `${receiverUrl}/once` });
  const { webhookId } = (await send()).body as { webhookId: string };
  await request(http.url)
    .delete(`${PATH}/${webhookId}`)
    .set(await as('dso'))
    .expect(204);
  const again = await send();
  expect([again.status, again.body.code]).toEqual([409, 'webhook-deleted']);
  expect(feed.state.secretsAt(webhookId, wallClock.nowMs())).toEqual([]);
});

it('a disabled party is sent nothing, until it is enabled; then what it missed', async () => {
  const party = `customer:${THEIRS}`;
  const { webhookId } = await subscribe(party, {
    url: `${receiverUrl}/disabled`,
    types: ['MeasurementRecorded'],
  });
  const before = await measured(THEIRS!);
  await untilReceived('/disabled', 1);
  await standing('PartyDisabled', party);
  const missed = await measured(THEIRS!);
  // Another one is sent an event that comes after it.
  const seen = received.get('/tso')!.length;
  await measured(MINE!);
  await untilReceived('/tso', seen + 1);
  expect(positionsAt(received.get('/disabled')!)).toEqual([before]);
  feed.state.bury(webhookId, {
    position: before,
    eventId: 'any',
    type: 'MeasurementRecorded',
    afterPosition: before - 1,
    attempts: 3,
    reason: 'It answered 500.',
    at: '2026-03-17T10:00:00.000Z',
  });
  const redelivery = await request(http.url)
    .post(`${PATH}/${webhookId}/dead-letters/${before}/redelivery`)
    .set(await as('operator'));
  expect(redelivery.body).toEqual({
    delivered: false,
    reason: `${party} is disabled; enable it first.`,
  });
  await standing('PartyEnabled', party);
  expect(positionsAt(await untilReceived('/disabled', 2))).toEqual([before, missed]);
});

it('goes on by itself after the log could not be read, and sends nothing twice', async () => {
  await end();
  const { subscribe: subscribeLog } = store;
  const failing = jest.spyOn(store, 'subscribe').mockImplementation((options) => {
    if (!options.filter?.types?.includes('WebhookSubscribed')) return subscribeLog(options);
    failing.mockRestore();
    throw new Error('disk I/O error');
  });
  begin();
  const isTold = () => problems.includes('Webhooks: disk I/O error; it goes on in 0.001 s.');
  while (!isTold()) await sleep(5);
  const seen = received.get('/tso')!.length;
  const position = await measured(MINE!);
  await untilReceived('/tso', seen + 1);
  const last = await measured(MINE!);
  await untilReceived('/tso', seen + 2);
  expect(positionsAt(received.get('/tso')!).slice(seen)).toEqual([position, last]);
});

it('an operator sees to all webhooks and cannot have the secret of any', async () => {
  const { webhookId, secret } = await subscribe('tso', {
    url: `${receiverUrl}/tso`,
    types: ['MeasurementRecorded'],
  });
  const answer = await request(http.url)
    .post(`${PATH}/${webhookId}/secret`)
    .set(await as('operator'));
  expect([answer.status, answer.body.detail]).toEqual([
    403,
    `The secret of webhook ${webhookId} is tso's alone; have tso rotate it.`,
  ]);
  expect(feed.state.secretsAt(webhookId, wallClock.nowMs())).toContain(secret);
});

it('how it fares is not overwritten by what was known before', () => {
  const { state } = feed;
  state.failed('wh_late', 5, 1, 'It answered 500.');
  expect(state.progressOf('wh_late')).toEqual({
    position: null,
    attempts: 1,
    reason: 'It answered 500.',
  });
  state.advance('wh_late', 7);
  state.failed('wh_late', 5, 2, 'It answered 500.');
  state.failed('wh_late', 7, 2, 'It answered 500.');
  expect(state.progressOf('wh_late')).toEqual({ position: 7, attempts: 0, reason: null });
  state.failed('wh_late', 8, 1, 'It answered 503.');
  expect(state.progressOf('wh_late')).toEqual({
    position: 7,
    attempts: 1,
    reason: 'It answered 503.',
  });
});

it.each<[string, object, number, string]>([
  ['an address inside', { url: 'https://169.254.169.254/latest' }, 400, 'webhook-refused'],
  ['plain http elsewhere', { url: 'http://agg1.example/' }, 400, 'webhook-refused'],
  ['no address', { url: 'x' }, 400, 'webhook-refused'],
  ['types that are none', { url: 'https://agg1.example', types: ['1'] }, 400, 'input-malformed'],
])('%s is refused', async (_, asked, status, code) => {
  expect((await subscribe('dso', asked, status)).code).toBe(code);
});

it('more than ten of one party are refused in words', async () => {
  for (let n = 0; n < 10; n += 1)
    await subscribe('aggregator:AGG1', { url: `${receiverUrl}/${n}` });
  const { code, detail } = await subscribe('aggregator:AGG1', { url: `${receiverUrl}/x` }, 409);
  expect([code, detail]).toEqual([
    'webhooks-exhausted',
    'aggregator:AGG1 has 10 webhooks, as many as one party may have; delete one first.',
  ]);
});
