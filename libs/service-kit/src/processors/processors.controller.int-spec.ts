/** An operator sees a halted processor and lets it go past its event; nobody else does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProposedEvent } from '@flexledger/domain';
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
import { type HttpApp, createHttpApp } from '../http/http-app';
import { ProcessorsModule } from './processors.controller';

const PATH = '/api/v1/processors';
const event: ProposedEvent = {
  id: '5f1c8f5e-0000-4000-8000-000000000001',
  type: 'NodeConnected',
  schemaVersion: 1,
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'dso',
  data: { podId: 'IT002E60000000' },
};

let folder: string;
let store: SqliteEventStore;
let runner: ProcessorRunner;
let http: HttpApp;
let tokenOf: (actor: string) => Promise<string>;
const handled: string[] = [];
const stop = new AbortController();
let following: Promise<void>;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'processors-'));
  store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  runner = createProcessorRunner({
    store,
    state: memoryProcessorState(wallClock),
    owner: 'one',
    clock: wallClock,
    backOffMs: [1],
    processors: [
      {
        name: 'trial/poisoned',
        types: ['NodeConnected', 'NodeDisconnected'],
        handle: async ({ id, type }) => {
          if (type === 'NodeConnected') throw new Error('this event cannot be handled');
          handled.push(id);
        },
      },
    ],
    viewsReady: async () => {},
    onProblem: () => {},
  });
  following = runner.follow(stop.signal);
  const realm = { issuer: 'test', audience: 'test', clock: wallClock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  http = await createHttpApp(ProcessorsModule.register(runner), {
    title: 'Processors',
    description: 'Processors alone.',
    port: 0,
    access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    reads: { caughtUp: async () => {}, version: async () => 'test' },
    log: () => {},
  });
  await store.append('node-a', 'noStream', [event]);
  await store.append('node-b', 'noStream', [
    { ...event, id: '5f1c8f5e-0000-4000-8000-000000000002', type: 'NodeDisconnected' },
  ]);
});
afterAll(async () => {
  stop.abort();
  await following;
  await http.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const as = async (actor: string) => ({ authorization: `Bearer ${await tokenOf(actor)}` });
async function halted(): Promise<{ eventId: string } | undefined> {
  const { body } = await request(http.url)
    .get(PATH)
    .set(await as('operator'))
    .expect(200);
  return body.items[0].halt;
}
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

it('a halted processor is shown with its event and its reason', async () => {
  await until(async () => (await halted()) !== undefined);
  expect(await halted()).toMatchObject({
    eventId: event.id,
    eventType: 'NodeConnected',
    reason: expect.stringContaining('this event cannot be handled'),
  });
});

it.each([
  ['dso', 403],
  ['aggregator:AGG1', 403],
  ['auditor', 200],
])('%s gets %i to see them, and skips nothing', async (actor, status) => {
  const answer = await request(http.url)
    .get(PATH)
    .set(await as(actor));
  expect(answer.status).toBe(status);
  const skip = { processor: 'trial/poisoned', eventId: event.id, reason: 'mine' };
  await request(http.url)
    .post(`${PATH}/skips`)
    .set(await as(actor))
    .send(skip)
    .expect(403);
});

it.each<[string, object, number, string]>([
  ['a processor that there is not', { processor: 'none' }, 404, 'processor-unknown'],
  ['another event', { eventId: 'another' }, 400, 'processor-halted-elsewhere'],
  ['no reason', { reason: '' }, 400, 'input-malformed'],
])('%s is refused', async (_, change, status, code) => {
  const skip = { processor: 'trial/poisoned', eventId: event.id, reason: 'it is broken' };
  const answer = await request(http.url)
    .post(`${PATH}/skips`)
    .set(await as('operator'))
    .send({ ...skip, ...change });
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('an operator lets it go past, which is an event, and it goes on', async () => {
  const skip = { processor: 'trial/poisoned', eventId: event.id, reason: 'it is broken' };
  await request(http.url)
    .post(`${PATH}/skips`)
    .set(await as('operator'))
    .send(skip)
    .expect(200);
  await until(async () => handled.length === 1);
  expect(await halted()).toBeUndefined();
  const skipped = [];
  for await (const { data, actor } of store.readAll({
    filter: { types: ['ProcessorEventSkipped'] },
  })) {
    skipped.push({ data, actor });
  }
  expect(skipped).toEqual([
    {
      actor: 'operator',
      data: expect.objectContaining({ eventId: event.id, reason: skip.reason }),
    },
  ]);
});
