/** Who reads what, over HTTP: asked, granted, changed, revoked and refused, and shown from the next read on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ProposedEvent, currentVersionOf } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { type Views, dataAccessView, openViews, podRegisterView } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import request from 'supertest';
import { EventsModule } from '../events/events.controller';
import { partyLog } from '../events/party-log';
import { type HttpApp, createHttpApp } from '../http/http-app';
import { DataAccessModule } from './data-access.controller';

const POD = 'IT002E60000001';
const CUSTOMER = `customer:${POD}`;
const READER = 'aggregator:AGG2';
const ACCESS = '/api/v1/data-access';
const DETAILS = {
  customerKind: 'household',
  contractedPowerW: 3_000,
  annualEnergyKwh: 2_000,
  pvPeakW: 0,
  wallet: `0x${'c1'.repeat(20)}`,
};

class Trial {}

let folder: string;
let store: SqliteEventStore;
let views: Views;
let http: HttpApp;
let tokenOf: (actor: string) => Promise<string>;
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
const measure = (sequence: number) =>
  store.append(`meter-${POD}`, 'any', [proposed('MeasurementRecorded', { podId: POD, sequence })]);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'data-access-'));
  store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  views = openViews({
    path: path.join(folder, 'views.sqlite'),
    store,
    views: [podRegisterView, dataAccessView],
  });
  const realm = { issuer: 'test', audience: 'test', clock: wallClock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  const log = partyLog(store);
  const keeps = { pods: true, grid: true };
  const { documents } = views;
  const imports = [
    EventsModule.register({ log, closing: closing.signal, clock: wallClock }),
    DataAccessModule.register({ log: store, documents, clock: wallClock, keeps }),
  ];
  http = await createHttpApp(
    { module: Trial, imports },
    {
      title: 'Data access',
      description: 'Alone.',
      port: 0,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      reads: {
        caughtUp: async () => void (await views.runner.catchUp()),
        version: async () => `${await store.head()}`,
        grants: log.grants,
      },
      log: (line) => {
        throw new Error(line);
      },
    },
  );
  const registered = { podId: POD, aggregatorId: 'AGG1', ...DETAILS };
  await store.append(`pod-${POD}`, 'any', [proposed('PodRegistered', registered)]);
});
afterEach(async () => {
  await http.close();
  await views.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function call(actor: string, method: 'get' | 'put' | 'post', at: string, body?: object) {
  const asked = request(http.url)
    [method](at)
    .set({ authorization: `Bearer ${await tokenOf(actor)}` });
  const { status, body: answer } = await (body ? asked.send(body) : asked);
  return { status, body: answer };
}
const grant = (actor: string, dataSets: readonly string[], reader = READER, source = POD) =>
  call(actor, 'put', `${ACCESS}/${source}/readers/${reader}`, { dataSets });
const revoke = (actor: string, reason = 'over') =>
  call(actor, 'post', `${ACCESS}/${POD}/readers/${READER}/revocation`, { reason });
const ask = (actor: string, dataSets: readonly string[]) =>
  call(actor, 'post', `${ACCESS}/${POD}/requests`, { dataSets, purpose: 'a study' });
const sequencesOf = async (actor: string): Promise<number[]> => {
  const { body } = await call(actor, 'get', '/api/v1/events?types=MeasurementRecorded');
  return (body.items as { data: { sequence: number } }[]).map(({ data }) => data.sequence);
};

it('a reader is shown what comes from the grant on, and nothing once it is revoked', async () => {
  await measure(0);
  expect(await sequencesOf(READER)).toEqual([]);
  expect(await grant(CUSTOMER, ['measurements'])).toMatchObject({ body: { changed: true } });
  await measure(1);
  expect(await sequencesOf(READER)).toEqual([1]);
  // Another data set, the first one kept, leaves what is shown.
  await grant(CUSTOMER, ['measurements', 'setpoints']);
  await measure(2);
  expect(await sequencesOf(READER)).toEqual([1, 2]);
  expect((await revoke(CUSTOMER)).status).toBe(200);
  expect(await sequencesOf(READER)).toEqual([]);
  expect(await sequencesOf(CUSTOMER)).toEqual([0, 1, 2]);
  // A new grant shows nothing of the time between.
  await measure(3);
  await grant(CUSTOMER, ['measurements']);
  await measure(4);
  expect(await sequencesOf(READER)).toEqual([4]);
});

it('an open stream shows no more from the revocation on', async () => {
  await grant(CUSTOMER, ['measurements']);
  const headers = {
    authorization: `Bearer ${await tokenOf(READER)}`,
    accept: 'text/event-stream',
  };
  const url = `${http.url}/api/v1/events?types=MeasurementRecorded,SessionOpened`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers }, resolve).on('error', reject);
  });
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const seen = async (mark: string): Promise<void> => {
    while (!text.includes(mark)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await measure(1);
  await seen('"sequence":1');
  await revoke(CUSTOMER);
  await measure(2);
  await store.append('session-s', 'any', [proposed('SessionOpened', { sessionId: 's' })]);
  await seen('SessionOpened');
  expect(text).not.toContain('"sequence":2');
  response.destroy();
});

it('whoever does not own the data neither grants, nor revokes, nor refuses, and is told whose it is', async () => {
  await ask(READER, ['measurements']);
  for (const actor of [READER, 'aggregator:AGG1', 'dso', 'customer:IT002E60000002']) {
    for (const { status, body } of [
      await grant(actor, ['measurements']),
      await revoke(actor),
      await call(actor, 'post', `${ACCESS}/${POD}/readers/${READER}/refusal`, { reason: 'no' }),
    ]) {
      expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(body.detail).toBe(`${actor} has no right to access:write of ${CUSTOMER}.`);
    }
    const { status } = await call(actor, 'get', `${ACCESS}/${POD}`);
    expect(status).toBe(403);
  }
  await measure(1);
  expect(await sequencesOf(READER)).toEqual([]);
  expect((await grant(CUSTOMER, ['grid'], READER, 'grid')).status).toBe(403);
});

it('the owner sees who reads by which right, by its grant, and who asks; the reader what it may', async () => {
  await ask(READER, ['measurements', 'baselines']);
  await ask('aggregator:AGG3', ['setpoints']);
  await grant(CUSTOMER, ['measurements']);
  const { body } = await call(CUSTOMER, 'get', `${ACCESS}/${POD}`);
  const sets = ['measurements', 'livePower', 'baselines', 'setpoints'];
  expect(body).toMatchObject({
    source: POD,
    owner: CUSTOMER,
    byRight: [
      { reader: CUSTOMER, right: 'owner', dataSets: sets },
      { reader: 'aggregator:AGG1', right: 'registration', dataSets: sets },
      { reader: 'dso', right: 'gridOperation', dataSets: sets },
      { reader: 'tso', right: 'gridObservation', dataSets: sets.slice(0, 3) },
      { reader: 'operator', right: 'marketOperation', dataSets: sets },
      { reader: 'auditor', right: 'supervision', dataSets: sets },
    ],
    others: [
      { reader: READER, status: 'granted', dataSets: ['measurements'], request: null },
      {
        reader: 'aggregator:AGG3',
        status: 'requested',
        dataSets: [],
        request: { dataSets: ['setpoints'], purpose: 'a study' },
      },
    ],
  });
  const listOf = async (actor: string) => {
    const { body: list } = await call(actor, 'get', ACCESS);
    return (list.items as { reader: string; status: string }[]).map(
      ({ reader, status }) => `${reader} ${status}`,
    );
  };
  expect(await listOf(READER)).toEqual([`${READER} granted`]);
  expect(await listOf('auditor')).toEqual([`${READER} granted`, 'aggregator:AGG3 requested']);
  await call(CUSTOMER, 'post', `${ACCESS}/${POD}/readers/aggregator:AGG3/refusal`, {
    reason: 'not you',
  });
  expect(await listOf('aggregator:AGG3')).toEqual(['aggregator:AGG3 refused']);
});

it('bad input is refused by field, and what is not kept here by name', async () => {
  const cases: [Promise<{ status: number; body: { code: string } }>, number, string][] = [
    [grant(CUSTOMER, []), 400, 'input-malformed'],
    [grant(CUSTOMER, ['everything']), 400, 'input-malformed'],
    [grant(CUSTOMER, ['grid']), 400, 'access-malformed'],
    [grant(CUSTOMER, ['measurements'], 'king:1'), 400, 'access-malformed'],
    [grant(CUSTOMER, ['measurements'], 'auditor'), 400, 'access-malformed'],
    [
      grant('customer:IT002E69999999', ['measurements'], READER, 'IT002E69999999'),
      404,
      'source-unknown',
    ],
    [revoke(CUSTOMER, ''), 400, 'input-malformed'],
    [
      call(CUSTOMER, 'post', `${ACCESS}/${POD}/readers/${READER}/refusal`, { reason: 'no' }),
      409,
      'access-not-requested',
    ],
    [grant('dso', ['grid'], READER, 'grid'), 200, ''],
  ];
  for (const [answer, status, code] of cases) {
    const { status: found, body } = await answer;
    expect([found, body.code ?? '']).toEqual([status, code]);
  }
});
