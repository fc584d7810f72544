/** Each party is given its own settled rows with what proves them, and of others’ no more than that there are some. */
import { type Bundle, readBundle } from '@flexledger/audit';
import {
  type SaltedRow,
  type SettlementRow,
  currentVersionOf,
  fromHex,
  rowEntry,
  toHex,
} from '@flexledger/domain';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  sha256,
  uuidFrom,
} from '@flexledger/identity';
import { leafHash, merkleRoot, verifyInclusion } from '@flexledger/merkle-log';
import { isoNow } from '@flexledger/runtime';
import { type HttpApp, createHttpApp } from '@flexledger/service-kit';
import request from 'supertest';
import type { OpenedCertifier } from '../open';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';

const SESSION = 'realTime-2026-03-17T15:00Z';
const REALM = { issuer: 'flexledger', audience: 'flexledger' };

let trial: CertifierTrial;
let http: HttpApp;
let certifier: OpenedCertifier['certifier'];
let tokenOf: (actor: string) => Promise<string>;

const rowOf = (index: number, aggregatorId: string): SaltedRow => ({
  offerId: `O${index}`,
  requestId: 'R1',
  podId: `IT002E6000000${index}`,
  aggregatorId,
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 0,
  acceptedW: [1_000],
  priceMicroEurPerKwh: [4_000_000],
  baselineW: [3_000],
  measuredW: [2_000],
  deliveredW: [1_000],
  paidMicroEur: [1_000],
  penaltyMicroEur: [0],
  salt: `${index}`.repeat(32),
});
const PARTS = [[rowOf(1, 'AGG1'), rowOf(2, 'AGG2')], [rowOf(3, 'AGG2')], [rowOf(4, 'AGG1')]];
const rowsRoot = toHex(merkleRoot(sha256, PARTS.flat().map(rowEntry)));

beforeAll(async () => {
  trial = await openCertifierTrial('spaced');
  const { clock } = trial;
  const issuer = createTokenIssuer({ ...REALM, clock, key: await newTokenKey() });
  const opened = await trial.openOne();
  certifier = opened.certifier;
  await certifier.start();
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
});
afterAll(async () => {
  await http.close();
  expect(trial.problems).toEqual([]);
  await trial.close();
});

async function happen(type: string, data: object): Promise<void> {
  const id = uuidFrom(`${type}/${JSON.stringify(data)}`);
  await trial.log.append(`settlement-${SESSION}`, 'any', [
    {
      id,
      type,
      schemaVersion: currentVersionOf(type),
      occurredAt: isoNow(trial.clock),
      correlationId: id,
      causationId: id,
      actor: 'test',
      data: { sessionId: SESSION, correction: 0, ...data },
    },
  ]);
}

async function ask(actor: string, session = SESSION) {
  const token = await tokenOf(actor);
  const path = `/api/v1/sessions/${session}/settlement/certified`;
  return request(http.url).get(path).set('authorization', `Bearer ${token}`);
}

it('is given once the settlement is published and anchored', async () => {
  for (const [index, rows] of PARTS.entries()) {
    const part = { index, of: PARTS.length };
    await happen('SettlementComputed', { part, inputDigest: 'x', rowsRoot, rows });
  }
  expect((await ask('aggregator:AGG1')).body).toMatchObject({
    status: 404,
    code: 'settlement-unknown',
  });
  await happen('SettlementPublished', { rows: 4, rowsRoot, netMicroEur: 4_000 });
  expect((await ask('aggregator:AGG1')).body).toMatchObject({
    status: 404,
    code: 'checkpoint-unknown',
  });
  await certifier.seal();
  expect((await ask('aggregator:AGG1')).status).toBe(200);
});

it.each<[string, string, readonly number[]]>([
  ['an aggregator its own', 'aggregator:AGG1', [0, 3]],
  ['another aggregator the others', 'aggregator:AGG2', [1, 2]],
  ['a customer the row of its PoD', 'customer:IT002E60000003', [2]],
  ['the DSO those that it asked for', 'dso', [0, 1, 2, 3]],
])(
  'gives %s, each at its place under the root, and nobody else’s row or salt',
  async (_, actor, indices) => {
    const bundle: Bundle = readBundle((await ask(actor)).body);
    const shown = bundle.events.flatMap(({ row, rowProofs = [] }) =>
      row.type === 'SettlementComputed'
        ? (JSON.parse(row.data) as { rows: SettlementRow[] }).rows.map((one, at) => ({
            one: one as SaltedRow,
            ...rowProofs[at]!,
          }))
        : [],
    );
    expect(shown.map(({ index }) => index)).toEqual(indices);
    for (const { one, index, proof } of shown) {
      expect(one).toEqual(PARTS.flat()[index]);
      const claim = {
        leafHash: leafHash(sha256, rowEntry(one)),
        index,
        size: 4,
        root: fromHex(rowsRoot),
        proof: proof.map(fromHex),
      };
      expect(verifyInclusion(sha256, claim)).toBe(true);
    }
    expect(bundle.events.at(-1)!.row.type).toBe('SettlementPublished');
    const told = JSON.stringify(bundle);
    for (const { salt } of PARTS.flat().filter((__, index) => !indices.includes(index))) {
      expect(told).not.toContain(salt);
    }
  },
);

it.each<[string, string, number, string]>([
  ['a party without a row', 'tso', 404, 'settlement-unknown'],
  ['an auditor, who reads settlements whole', 'auditor', 403, 'forbidden'],
])('gives nothing to %s', async (_, actor, status, code) => {
  const answer = await ask(actor);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('gives nothing of a session that nobody settled', async () => {
  expect((await ask('dso', 'realTime-2026-03-17T19:00Z')).body.code).toBe('settlement-unknown');
});
