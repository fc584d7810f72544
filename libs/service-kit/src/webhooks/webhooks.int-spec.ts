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
async function measured(podId: string): Promise<number> {
  count += 1;
  const event: ProposedEvent = {
    id: `5f1c8f5e-0000-4000-8000-${String(count).padStart(12, '0')}`,
    type: 'MeasurementRecorded',
    schemaVersion: currentVersionOf('MeasurementRecorded'),
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: 'c',
    causationId: 'c',
    actor: 'platform:access',
    data: { podId, sequence: count },
  };
  return (await store.append(`meter-${podId}`, 'any', [event])).position;
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
