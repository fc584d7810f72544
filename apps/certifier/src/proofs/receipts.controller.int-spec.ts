/** What each bidder is given of its own bids once the gate has closed, and the proof of any event, over HTTP. */
import type { Bundle } from '@flexledger/audit';
import { currentVersionOf } from '@flexledger/domain';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  sha256,
  uuidFrom,
  verifyEd25519,
} from '@flexledger/identity';
import {
  leafHash,
  parseTlogProof,
  verifyCheckpoint,
  verifyInclusion,
} from '@flexledger/merkle-log';
import { isoNow } from '@flexledger/runtime';
import { type HttpApp, createHttpApp } from '@flexledger/service-kit';
import request from 'supertest';
import type { OpenedCertifier } from '../open';
import {
  type CertifierTrial,
  ORIGIN,
  PUBLIC_KEY,
  openCertifierTrial,
} from '../testing/certifier-trial';

const SESSION = 'realTime-2026-03-17T15:00Z';
const OPEN_SESSION = 'realTime-2026-03-17T19:00Z';
const REALM = { issuer: 'flexledger', audience: 'flexledger' };
const LOG_KEY = { origin: ORIGIN, key: { name: ORIGIN, publicKey: PUBLIC_KEY } };

let trial: CertifierTrial;
let http: HttpApp;
let certifier: OpenedCertifier['certifier'];
let tokenOf: (actor: string) => Promise<string>;

beforeAll(async () => {
  trial = await openCertifierTrial('spaced');
  const { clock } = trial;
  const issuer = createTokenIssuer({ ...REALM, clock, key: await newTokenKey() });
  const opened = await trial.openOne();
  certifier = opened.certifier;
  http = await createHttpApp(opened.http, {
    title: 'Proofs',
    description: 'A trial.',
    port: 0,
    access: { verify: createTokenVerifier({ ...REALM, clock, keys: issuer.jwks() }) },
    reads: {
      caughtUp: async () => void (await trial.views.runner.catchUp()),
      version: async () => `${await trial.log.head()}`,
    },
    log: (line) => trial.problems.push(line),
  });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  await happen(SESSION, 'SessionScheduled', { kind: 'realTime' });
  await happen(OPEN_SESSION, 'SessionScheduled', { kind: 'realTime' });
  for (const aggregatorId of ['AGG1', 'AGG2']) {
    await happen(SESSION, 'FlexibilityOffered', { aggregatorId, bidId: `of ${aggregatorId}` });
  }
  await happen(SESSION, 'FlexibilityRequested', { requester: 'DSO', requestId: 'line-4' });
});
afterAll(async () => {
  await http.close();
  expect(trial.problems).toEqual([]);
  await trial.close();
});

async function happen(sessionId: string, type: string, data: object): Promise<void> {
  const id = uuidFrom(`${sessionId}/${type}/${JSON.stringify(data)}`);
  await trial.log.append(`session-${sessionId}`, 'any', [
    {
      id,
      type,
      schemaVersion: currentVersionOf(type),
      occurredAt: isoNow(trial.clock),
      correlationId: id,
      causationId: id,
      actor: 'test',
      data: { sessionId, ...data },
    },
  ]);
}

async function ask(actor: string, path = `/api/v1/sessions/${SESSION}/receipt`) {
  const token = await tokenOf(actor);
  return request(http.url).get(path).set('authorization', `Bearer ${token}`);
}

it('is given once the gate has closed and a checkpoint covers that', async () => {
  expect((await ask('aggregator:AGG1')).body).toMatchObject({
    status: 404,
    code: 'receipt-unknown',
    detail: expect.stringMatching(/gate of session .* has not closed/) as string,
  });
  await happen(SESSION, 'SessionClosed', { requests: 1, offers: 2 });
  expect((await ask('aggregator:AGG1')).body.code).toBe('checkpoint-unknown');
  await certifier.seal();
  expect((await ask('aggregator:AGG1')).status).toBe(200);
});

it('holds the bidder’s own orders and the gate, each proved under the signed checkpoint', async () => {
  await trial.happen(300);
  await certifier.seal();
  for (const [actor, own] of [
    ['aggregator:AGG1', 'FlexibilityOffered'],
    ['dso', 'FlexibilityRequested'],
  ] as const) {
    const { of, checkpoint, events } = (await ask(actor)).body as Bundle;
    expect(of).toEqual({
      kind: 'receipt',
      sessionId: SESSION,
      bidderId: actor === 'dso' ? 'DSO' : 'AGG1',
    });
    expect(events.map(({ row }) => row.type)).toEqual(['SessionScheduled', own, 'SessionClosed']);
    const { size, root } = verifyCheckpoint(sha256, checkpoint, LOG_KEY, verifyEd25519);
    expect(size).toBeLessThan(10);
    for (const { leaf: index, proof, row } of events) {
      const claim = {
        leafHash: leafHash(sha256, Buffer.from(row.hash, 'hex')),
        index,
        size,
        root,
        proof: proof.map((hash) => Buffer.from(hash, 'hex')),
      };
      expect(verifyInclusion(sha256, claim)).toBe(true);
    }
  }
});

it.each<[string, string, number, string]>([
  ['its own to a bidder that names itself', 'aggregator:AGG1?bidderId=AGG1', 200, ''],
  ['another’s to no bidder', 'aggregator:AGG1?bidderId=AGG2', 403, 'forbidden'],
  ['anybody’s to an auditor', 'auditor?bidderId=AGG2', 200, ''],
  ['nothing to an auditor that names nobody', 'auditor', 400, 'query-malformed'],
  ['nothing to who did not bid', 'tso', 404, 'receipt-unknown'],
  ['nothing to a customer', 'customer:IT002E60000001', 403, 'forbidden'],
])('gives %s', async (_, asked, status, code) => {
  const [actor = '', query] = asked.split('?');
  const path = `/api/v1/sessions/${SESSION}/receipt${query ? `?${query}` : ''}`;
  const answer = await ask(actor, path);
  expect([answer.status, answer.body.code ?? '']).toEqual([status, code]);
});

it('gives the proof of any event as a file, under the last checkpoint or an earlier one', async () => {
  const events = await trial.events();
  const { position, id, hash } = events[3]!;
  const get = (query: string) => request(http.url).get(`/api/v1/log/proof?${query}`);
  for (const query of [`position=${position}`, `id=${id}`, `id=${id}&size=6`]) {
    const { text } = await get(query).expect(200);
    const { extra, index, proof, checkpoint } = parseTlogProof(text);
    expect([Buffer.from(extra).toString('hex'), index]).toEqual([hash, 3]);
    const { size, root } = verifyCheckpoint(sha256, checkpoint, LOG_KEY, verifyEd25519);
    const claim = { leafHash: leafHash(sha256, extra), index, size, root, proof };
    expect(verifyInclusion(sha256, claim)).toBe(true);
  }
  expect((await get(`id=${id}&size=7`)).body.code).toBe('checkpoint-unknown');
  expect((await get('position=999999')).status).toBe(400);
});
