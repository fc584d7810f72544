/**
 * Light Nodes enrolled over HTTP: a token for each, proof of possession, credentials that the broker
 * takes, revocation and replacement. Nodes connect to a real broker.
 */
import {
  canonicalJson,
  generateNodeKey,
  sha256Hex,
  signKeyRotation,
  signMessage,
} from '@flexledger/identity';
import { type DeviceConnection, openDeviceConnection } from '@flexledger/messaging';
import { FIRST_MTU_MS, signedAnomaly } from '../testing/field';
import { type ServedLayer, serveLayer } from '../testing/served-layer';

const POD = 'IT002E00000001';
const FOREIGN = 'IT002E00000002';
const NODES = '/api/v1/nodes';
const AGG1 = 'aggregator:AGG1';
let served: ServedLayer;
const connections: DeviceConnection[] = [];
beforeEach(async () => {
  served = await serveLayer();
  await served.register(POD, 'AGG1');
  await served.register(FOREIGN, 'AGG2');
});
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  await served.close();
});

async function call(
  actor: string | null,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${served.url}${NODES}${path}`, {
    method,
    headers: {
      ...(actor ? { authorization: `Bearer ${await served.tokenOf(actor)}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return { status: response.status, body: (await response.json()) as any };
}

const tokenFor = async (podId = POD, wish: object = {}): Promise<string> =>
  (await call(AGG1, 'POST', `/${podId}/enrolment-token`, wish)).body.token;

/** What a node sends, soundly signed, or signed over something else. */
function request(token: string, key = generateNodeKey(), signed: object = {}) {
  const content = {
    token,
    publicKey: key.publicKey,
    meterDriver: 'simulated',
    meterSerialNumber: 'M-1',
  };
  const proof = signMessage(key.privateKey, canonicalJson({ podId: POD, ...content, ...signed }));
  return { ...content, proof };
}
const enrol = (body: object, podId = POD) => call(null, 'POST', `/${podId}/enrolment`, body);

function connect(podId: string, token: string): DeviceConnection {
  const { host, port } = served.broker;
  const connection = openDeviceConnection({
    host,
    port,
    as: { podId, token },
    redial: { minMs: 10, maxMs: 10 },
    onMessage: () => {},
  });
  connections.push(connection);
  return connection;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('a node enrols with its token and key, and connects with what it is given', async () => {
  const token = await tokenFor();
  const body = request(token);
  const answer = await enrol(body);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      podId: POD,
      broker: { host: served.broker.host, port: served.broker.port, tls: false, username: POD },
      topics: {
        publish: { measurement: `flexledger/${POD}/measurement` },
        subscribe: { setpoint: `flexledger/${POD}/setpoint` },
      },
      policy: { measurementMinutes: 15 },
    },
  });
  await connect(POD, answer.body.broker.password).ready;
  const { body: listed } = await call(AGG1, 'GET', `/${POD}`);
  expect(listed).toMatchObject({
    status: 'enrolled',
    publicKey: body.publicKey,
    meterSerialNumber: 'M-1',
    tokenExpiresAt: null,
  });
  // What a lost answer makes it ask again is answered alike; nothing is enrolled twice.
  expect((await enrol(body)).body).toEqual(answer.body);
  expect(await served.events('NodeEnrolled')).toHaveLength(1);
});

it('the token stands nowhere but in the answer', async () => {
  const token = await tokenFor();
  const [issued] = await served.events('EnrolmentTokenIssued');
  expect(issued!.data).toEqual({
    podId: POD,
    tokenHash: sha256Hex(token),
    expiresAt: new Date(FIRST_MTU_MS + 86_400_000).toISOString(),
    replaces: false,
  });
  await enrol(request(token));
  expect(JSON.stringify(await served.events())).not.toContain(token);
});

it('under a key the same token is answered again, without one each time another', async () => {
  const ask = (key: string) =>
    call(AGG1, 'POST', `/${POD}/enrolment-token`, {}, { 'idempotency-key': key });
  const first = await ask('k1');
  expect((await ask('k1')).body).toEqual(first.body);
  expect((await ask('k2')).body.token).not.toBe(first.body.token);
  expect(await tokenFor()).not.toBe(await tokenFor());
});

describe('an enrolment is refused, and nothing is enrolled,', () => {
  const none = 'enrolment-token-refused';
  it.each<[string, () => Promise<{ status: number; body: { code: string } }>, string]>([
    ['with a token that is none', async () => enrol(request('guess')), none],
    [
      'of a PoD that nobody knows',
      async () => enrol(request('x'), 'IT002E00000009'),
      'enrolment-proof-refused',
    ],
    [
      'with another PoD’s token',
      async () => enrol(request(await tokenFor(), generateNodeKey(), { podId: FOREIGN }), FOREIGN),
      none,
    ],
    [
      'that is signed by another key',
      async () => enrol({ ...request(await tokenFor()), publicKey: generateNodeKey().publicKey }),
      'enrolment-proof-refused',
    ],
    [
      'that signs another meter',
      async () => enrol(request(await tokenFor(), undefined, { meterSerialNumber: 'M-2' })),
      'enrolment-proof-refused',
    ],
    [
      'with a key that is no key',
      async () => enrol({ ...request(await tokenFor()), publicKey: '04' }),
      'input-malformed',
    ],
    [
      'with a token that has expired',
      async () => {
        const token = await tokenFor(POD, { validMinutes: 1 });
        served.clock.setTo(FIRST_MTU_MS + 60_000);
        return enrol(request(token));
      },
      none,
    ],
  ])('%s', async (_, ask, code) => {
    const answer = await ask();
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(await served.events('NodeEnrolled')).toEqual([]);
  });
});

it('a revoked node is cut off and stays out', async () => {
  const { body } = await enrol(request(await tokenFor()));
  const connection = connect(POD, body.broker.password);
  await connection.ready;
  await served.access.layer.nodeReports.collect(1, 10_000);
  expect((await call(AGG1, 'GET', `/${POD}`)).body).toMatchObject({ connected: true });
  const revoked = await call(AGG1, 'POST', `/${POD}/revocation`, { reason: 'stolen' });
  expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
  await until(() => !connection.isConnected());
  await until(() => served.refused.some((reason) => reason.includes('is not enrolled')));
  expect((await call(AGG1, 'GET', `/${POD}`)).body).toMatchObject({
    status: 'revoked',
    revokedReason: 'stolen',
  });
});

it('a node that takes another’s place has other credentials, and the other is out', async () => {
  const first = await enrol(request(await tokenFor()));
  const connection = connect(POD, first.body.broker.password);
  await connection.ready;
  const refused = await call(AGG1, 'POST', `/${POD}/enrolment-token`, {});
  expect([refused.status, refused.body.code]).toEqual([409, 'node-already-enrolled']);
  const second = await enrol(request(await tokenFor(POD, { replaces: true })));
  expect(second.body.broker.password).not.toBe(first.body.broker.password);
  await until(() => served.refused.includes(`wrong token for PoD ${POD}`));
  await connection.close();
  await connect(POD, second.body.broker.password).ready;
});

describe('a node that changes its key', () => {
  const [first, second, third] = [generateNodeKey(), generateNodeKey(), generateNodeKey()];
  const AT = new Date(FIRST_MTU_MS).toISOString();
  const change = (body: object, podId = POD) => call(null, 'POST', `/${podId}/key`, body);
  /** What a node sends. */
  function statement(from = first, to = second, { podId = POD, at = AT } = {}) {
    const { content, ...proofs } = signKeyRotation(podId, { from, to, at });
    const { podId: _, ...keys } = content;
    return { ...keys, ...proofs };
  }
  beforeEach(async () => {
    expect((await enrol(request(await tokenFor(), first))).status).toBe(200);
  });

  it('is believed where the old key and the new one sign, and what they signed is kept', async () => {
    const answer = await change(statement());
    expect(answer).toEqual({ status: 200, body: { podId: POD, publicKey: second.publicKey } });
    // The answer may have been lost: it asks again, by a statement of later.
    served.clock.setTo(FIRST_MTU_MS + 7_200_000);
    expect(await change(statement())).toEqual(answer);
    const [event, ...others] = await served.events('KeyRotated');
    expect(others).toEqual([]);
    const { previousProof, proof, ...keys } = statement();
    expect(event).toMatchObject({
      schemaVersion: 2,
      actor: `node:${POD}`,
      data: { podId: POD, publicKey: second.publicKey, rotation: { content: keys } },
    });
    expect(served.access.layer.enrolment.keyOf(POD)).toBe(second.publicKey);
    expect((await call(AGG1, 'GET', `/${POD}`)).body.publicKey).toBe(second.publicKey);
    expect([previousProof, proof].every((text) => text.length === 128)).toBe(true);
  });

  it.each<[string, () => object | Promise<object>, number, string]>([
    [
      'a statement whose old key did not sign',
      () => ({ ...statement(), previousProof: statement(third).previousProof }),
      400,
      'key-rotation-refused',
    ],
    [
      'a statement whose new key did not sign',
      () => ({ ...statement(), proof: statement(first, third).proof }),
      400,
      'key-rotation-refused',
    ],
    [
      'a statement changed afterwards',
      () => ({ ...statement(), at: '2026-03-17T00:00:01.000Z' }),
      400,
      'key-rotation-refused',
    ],
    [
      'a statement for another PoD',
      () => statement(first, second, { podId: FOREIGN }),
      400,
      'key-rotation-refused',
    ],
    ['a key that was never the node’s', () => statement(third, second), 409, 'key-not-held'],
    ['the key that it has', () => statement(first, first), 409, 'key-retired'],
    [
      'a key that it has given up',
      async () => {
        await change(statement());
        return statement(second, first);
      },
      409,
      'key-retired',
    ],
    [
      'an old statement, the node being two keys further',
      async () => {
        await change(statement());
        await change(statement(second, third));
        return statement();
      },
      409,
      'key-not-held',
    ],
    [
      'a statement kept for later',
      () => {
        const kept = statement();
        served.clock.setTo(FIRST_MTU_MS + 3_600_001);
        return kept;
      },
      409,
      'key-rotation-outdated',
    ],
    [
      'a revoked node',
      async () => {
        await call(AGG1, 'POST', `/${POD}/revocation`, { reason: 'stolen' });
        return statement();
      },
      404,
      'node-unknown',
    ],
    ['a key that is none', () => ({ ...statement(), publicKey: '04' }), 400, 'input-malformed'],
    ['an instant that is none', () => ({ ...statement(), at: 'noon' }), 400, 'input-malformed'],
  ])('is refused for %s', async (_, make, status, code) => {
    const body = await make();
    const key = served.access.layer.enrolment.keyOf(POD);
    const answer = await change(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(served.access.layer.enrolment.keyOf(POD)).toBe(key);
  });

  it('is refused at a PoD that is not its own, though both keys sign', async () => {
    const own = generateNodeKey();
    const body = statement(own, second, { podId: FOREIGN });
    expect((await change(body, FOREIGN)).body.code).toBe('node-unknown');
    expect(await served.events('KeyRotated')).toEqual([]);
  });
});

describe('a PoD that changes hands', () => {
  it('takes its open invitation with it: another aggregator invites anew', async () => {
    const token = await tokenFor();
    await served.handOver(POD, 'AGG2');
    const refused = await enrol(request(token));
    expect([refused.status, refused.body.code]).toEqual([400, 'enrolment-token-refused']);
    expect(refused.body.detail).toContain('was issued before the PoD changed hands');
    const { body } = await call('aggregator:AGG2', 'GET', `/${POD}`);
    expect(body).toMatchObject({ status: 'none', tokenExpiresAt: null });
    const anew = await call('aggregator:AGG2', 'POST', `/${POD}/enrolment-token`, {});
    expect((await enrol(request(anew.body.token))).status).toBe(200);
  });

  it('has no invitation when it is registered no more', async () => {
    const token = await tokenFor();
    await served.unregister(POD);
    expect((await enrol(request(token))).body.code).toBe('enrolment-token-refused');
    expect((await call('operator', 'POST', `/${POD}/enrolment-token`, {})).status).toBe(404);
  });

  it('keeps its invitation when nothing but other details change', async () => {
    const token = await tokenFor();
    await served.handOver(POD, 'AGG1');
    expect((await enrol(request(token))).status).toBe(200);
  });

  it('has its node revoked by the operator when it is registered no more', async () => {
    await enrol(request(await tokenFor()));
    await served.unregister(POD);
    const revoke = (actor: string) =>
      call(actor, 'POST', `/${POD}/revocation`, { reason: 'left behind' });
    expect((await revoke(AGG1)).status).toBe(403);
    expect(await revoke('operator')).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect((await call('operator', 'GET', `/${POD}`)).body).toMatchObject({
      aggregatorId: null,
      status: 'revoked',
    });
  });
});

describe('who may', () => {
  it.each<[string | null, 'GET' | 'POST', string, object | undefined, number]>([
    ['aggregator:AGG2', 'POST', `/${POD}/enrolment-token`, {}, 403],
    ['aggregator:AGG2', 'POST', `/${POD}/revocation`, { reason: 'x' }, 403],
    ['aggregator:AGG2', 'GET', `/${POD}`, undefined, 403],
    ['aggregator:AGG2', 'GET', '?aggregatorId=AGG1', undefined, 403],
    ['dso', 'POST', `/${POD}/enrolment-token`, {}, 403],
    ['operator', 'POST', `/${POD}/enrolment-token`, {}, 201],
    [null, 'POST', `/${POD}/enrolment-token`, {}, 401],
    [null, 'GET', '', undefined, 401],
    [AGG1, 'POST', '/IT002E00000009/enrolment-token', {}, 404],
    [AGG1, 'POST', `/${POD}/revocation`, { reason: 'x' }, 404],
  ])('%s: %s %s', async (actor, method, path, body, status) => {
    expect((await call(actor, method, path, body)).status).toBe(status);
  });

  it('an aggregator lists its own, the operator all', async () => {
    const podsOf = async (actor: string, query = '') =>
      (await call(actor, 'GET', query)).body.items.map(({ podId }: { podId: string }) => podId);
    expect(await podsOf(AGG1)).toEqual([POD]);
    expect(await podsOf('operator')).toEqual([POD, FOREIGN]);
    expect(await podsOf('operator', '?status=enrolled')).toEqual([]);
  });
});

it('what a node has found is listed with its duration, the last first, to whoever sees the node', async () => {
  const key = generateNodeKey();
  const { body } = await enrol(request(await tokenFor(), key));
  const node = { podId: POD, key };
  const connection = connect(POD, body.broker.password);
  await connection.ready;
  const ended = { anomalyId: 'a1', startedAt: '2026-03-16T23:50:00.000Z' };
  const lasts = { anomalyId: 'a2', kind: 'ems', code: 'ems-unreachable' } as const;
  await connection.publish(POD, 'anomaly', signedAnomaly(node, ended));
  const end = { ...ended, endedAt: '2026-03-16T23:57:30.000Z' };
  await connection.publish(POD, 'anomaly', signedAnomaly(node, end));
  const startedAt = '2026-03-16T23:59:00.000Z';
  await connection.publish(POD, 'anomaly', signedAnomaly(node, { ...lasts, startedAt }));
  await served.access.layer.nodeReports.collect(4, 20_000);
  const { body: listed } = await call(AGG1, 'GET', `/${POD}/anomalies`);
  expect(listed.items).toEqual([
    { podId: POD, ...lasts, detail: 'no answer', startedAt, endedAt: null, durationS: 60 },
    {
      podId: POD,
      ...end,
      kind: 'meter',
      code: 'meter-unreadable',
      detail: 'no answer',
      durationS: 450,
    },
  ]);
  expect((await call('aggregator:AGG2', 'GET', `/${POD}/anomalies`)).status).toBe(403);
});
