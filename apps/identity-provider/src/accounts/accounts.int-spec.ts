/** Parties, users and clients by REST, on a running platform, seen from two processes at once. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type IdentityTrial, serveIdentity } from '../testing/identity-trial';

let trial: IdentityTrial;
/** Another process of the same operator on the same folder. */
let other: IdentityTrial;
beforeAll(async () => {
  trial = await serveIdentity();
  other = await serveIdentity({}, trial);
});
afterAll(async () => {
  expect([...trial.problems, ...other.problems]).toEqual([]);
  await other.close();
  await trial.close();
});

const credentials = (client_id: string, client_secret: string) => ({
  grant_type: 'client_credentials',
  client_id,
  client_secret,
});
const AGG7 = 'aggregator:AGG7';

it('a first start makes the usual parties, their clients, and one administrator', async () => {
  const { clients, administrator } = trial.made;
  expect(clients).toEqual(['dso', 'tso', 'aggregator-AGG1', 'operator', 'auditor']);
  const passwordFile = path.join(trial.dataDir, 'admin-password.json');
  expect(administrator).toEqual({ userId: 'admin', passwordFile });
  expect([trial.adminPassword, statSync(passwordFile).mode & 0o777]).toEqual([
    expect.stringMatching(/^\S{20}$/),
    0o600,
  ]);
  // The second process finds them made.
  expect(other.made.clients).toEqual([]);
  expect(other.adminPassword).toBe(trial.adminPassword);
});

describe('a party that comes while the platform runs', () => {
  let secret: string;

  it('is registered, and gets a client whose secret is told once', async () => {
    const party = { party: AGG7, name: 'Seven Energy' };
    expect(await trial.call('operator', 'POST /api/v1/parties', party)).toMatchObject({
      status: 201,
      body: { party: AGG7, changed: true },
    });
    expect(await trial.call('operator', 'POST /api/v1/parties', party)).toMatchObject({
      body: { changed: false },
    });
    const client = { clientId: 'agg7', party: AGG7 };
    const key = { 'idempotency-key': 'one' };
    const told = await trial.call('operator', 'POST /api/v1/clients', client, key);
    expect(told).toMatchObject({ status: 201, body: { clientId: 'agg7', changed: true } });
    ({ secret } = told.body as { secret: string });
    expect(secret).toMatch(/^[\w-]{43}$/);
    const again = await trial.call('operator', 'POST /api/v1/clients', client, key);
    expect(again.body).toEqual({ clientId: 'agg7', changed: false, secret: null });
  });

  it('gets tokens from every process at once', async () => {
    for (const one of [trial, other]) {
      const { status, body } = await one.token(credentials('agg7', secret));
      expect(status).toBe(200);
      await expect(one.verify(body.access_token)).resolves.toMatchObject({
        actor: AGG7,
        clientId: 'agg7',
      });
    }
  });

  it('gets another secret, and the one before opens nothing', async () => {
    const { body } = await other.call(AGG7, 'POST /api/v1/clients/agg7/secret');
    expect((await trial.token(credentials('agg7', secret))).status).toBe(401);
    secret = body.secret;
    expect((await trial.token(credentials('agg7', secret))).status).toBe(200);
  });

  it.each(['clients/agg7', `parties/${AGG7}`])('is refused while %s is disabled', async (what) => {
    const status = `PUT /api/v1/${what}/status` as const;
    const off = { status: 'disabled', reason: 'contract ended' };
    expect((await trial.call('operator', status, off)).body.changed).toBe(true);
    for (const one of [trial, other]) {
      expect(await one.token(credentials('agg7', secret))).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
    }
    await other.call('operator', status, { status: 'enabled' });
    expect((await trial.token(credentials('agg7', secret))).status).toBe(200);
  });

  it('sees its own accounts only, and makes its own users', async () => {
    const user = { userId: 'agg7.trader', party: AGG7, roles: ['ap-operator'] };
    const made = await trial.call(AGG7, 'POST /api/v1/users', user);
    expect(made).toMatchObject({ status: 201, body: { password: expect.any(String) } });
    const foreign = { ...user, userId: 'x', party: 'aggregator:AGG1' };
    expect((await trial.call(AGG7, 'POST /api/v1/users', foreign)).status).toBe(403);
    const client = 'PUT /api/v1/clients/aggregator-AGG1/status';
    const off = { status: 'disabled', reason: 'mine' };
    expect((await trial.call(AGG7, client, off)).status).toBe(403);
    const { body: users } = await trial.call(AGG7, 'GET /api/v1/users');
    expect(users.items).toEqual([
      { ...user, status: 'enabled', disabledBecause: null, since: expect.any(String) },
    ]);
    const { body: clients } = await trial.call(AGG7, 'GET /api/v1/clients');
    expect(clients.items.map(({ clientId }: { clientId: string }) => clientId)).toEqual(['agg7']);
    expect((await trial.call(AGG7, 'GET /api/v1/users?party=dso')).status).toBe(403);
    const { body: parties } = await trial.call(AGG7, 'GET /api/v1/parties');
    expect(parties.items).toMatchObject([{ party: AGG7, name: 'Seven Energy' }]);
    const { body: all } = await trial.call('operator', 'GET /api/v1/parties?limit=100');
    expect(all.items).toHaveLength(6);
  });
});

describe('who looks after the accounts of its own party', () => {
  let authorization: string;
  const asDeputy = (request: Parameters<IdentityTrial['call']>[1], body: object) =>
    trial.call(undefined, request, body, { authorization });
  const mayValidate = { party: 'dso', roles: ['dso'] };

  beforeAll(async () => {
    const client = { clientId: 'deputy', party: 'dso', scopes: ['users:write', 'market:read'] };
    const { body } = await trial.call('operator', 'POST /api/v1/clients', client);
    const token = await trial.token(credentials('deputy', body.secret));
    authorization = `Bearer ${token.body.access_token}`;
    const user = { userId: 'validator', ...mayValidate };
    expect((await trial.call('operator', 'POST /api/v1/users', user)).status).toBe(201);
  });

  it.each<[string, Parameters<IdentityTrial['call']>[1], object]>([
    ['a new user', 'POST /api/v1/users', { userId: 'friend', ...mayValidate }],
    [
      'a user that there is',
      'PUT /api/v1/users/validator/roles',
      { roles: ['dsotp-administrator'] },
    ],
    ['itself by another’s password', 'PUT /api/v1/users/validator/password', {}],
    [
      'a client',
      'POST /api/v1/clients',
      { clientId: 'tool', party: 'dso', scopes: ['grid:write'] },
    ],
    ['itself by another’s secret', 'POST /api/v1/clients/dso/secret', {}],
  ])('gives no right that it lacks to %s', async (_, request, body) => {
    const before = await trial.log.head();
    expect(await asDeputy(request, body)).toMatchObject({
      status: 403,
      body: { detail: expect.stringMatching(/^deputy lacks .*grid:write/) },
    });
    expect(await trial.log.head()).toBe(before);
  });

  it('gives what it has', async () => {
    const client = { clientId: 'reader', party: 'dso', scopes: ['market:read'] };
    expect((await asDeputy('POST /api/v1/clients', client)).status).toBe(201);
    expect((await asDeputy('POST /api/v1/clients/reader/secret', {})).status).toBe(200);
  });

  it('the administrator gives the accounts of others what it has not itself', async () => {
    const user = { userId: 'bidder', party: 'aggregator:AGG1', roles: ['aggregator'] };
    expect((await trial.call('operator', 'POST /api/v1/users', user)).status).toBe(201);
  });
});

describe('under an Idempotency-Key', () => {
  it('another password is another request, and the log holds neither nor a plain hash', async () => {
    const key = { 'idempotency-key': 'the same' };
    const password = 'a horse named battery';
    const user = { userId: 'repeated', party: 'dso', roles: ['dso'], password };
    const create = (change: object) =>
      trial.call('operator', 'POST /api/v1/users', { ...user, ...change }, key);
    expect((await create({})).body).toMatchObject({ changed: true });
    expect((await create({})).body).toMatchObject({ changed: false });
    const other = { password: 'another horse entirely' };
    expect(await create(other)).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
    const set = (given: object) =>
      trial.call('operator', 'PUT /api/v1/users/repeated/password', given, key);
    expect((await set({ password })).status).toBe(200);
    expect((await set(other)).status).toBe(422);
    let text = '';
    for await (const event of trial.log.readAll()) text += JSON.stringify(event);
    const hashes = ['hex', 'base64', 'base64url'].map((form) =>
      createHash('sha256')
        .update(password)
        .digest(form as 'hex'),
    );
    expect([password, ...hashes].filter((word) => text.includes(word))).toEqual([]);
  });

  it('a party may be disabled and enabled, which are two requests', async () => {
    const key = { 'idempotency-key': 'today' };
    const status = 'PUT /api/v1/parties/tso/status';
    const off = { status: 'disabled', reason: 'audit' };
    for (const body of [off, { status: 'enabled' }]) {
      expect(await trial.call('operator', status, body, key)).toMatchObject({
        status: 200,
        body: { changed: true },
      });
    }
  });
});

it('the operator cannot lock itself out', async () => {
  const off = { status: 'disabled', reason: 'by mistake' };
  expect(await trial.call('operator', 'PUT /api/v1/parties/operator/status', off)).toMatchObject({
    status: 409,
    body: { code: 'party-indispensable' },
  });
});

describe('what is asked wrongly is refused by name', () => {
  const user = { userId: 'u', party: 'dso', roles: ['dso'] };
  const client = { clientId: 'c', party: 'dso' };
  it.each<
    [string, string | undefined, `POST ${string}`, object, readonly [status: number, code: string]]
  >([
    [
      'an unknown role',
      'operator',
      'POST /api/v1/users',
      { ...user, roles: ['king'] },
      [400, 'user-malformed'],
    ],
    [
      'a role of others',
      'dso',
      'POST /api/v1/users',
      { ...user, roles: ['tso'] },
      [400, 'user-malformed'],
    ],
    [
      'a user there is',
      'operator',
      'POST /api/v1/users',
      { ...user, userId: 'admin' },
      [409, 'user-exists'],
    ],
    [
      'an unknown party',
      'operator',
      'POST /api/v1/users',
      { ...user, party: 'aggregator:NO', roles: ['aggregator'] },
      [404, 'party-unknown'],
    ],
    [
      'a short password',
      'operator',
      'POST /api/v1/users',
      { ...user, password: 'short' },
      [400, 'password-malformed'],
    ],
    [
      'a client there is',
      'operator',
      'POST /api/v1/clients',
      { ...client, clientId: 'dso' },
      [409, 'client-exists'],
    ],
    [
      'an unknown scope',
      'operator',
      'POST /api/v1/clients',
      { ...client, scopes: ['all'] },
      [400, 'client-malformed'],
    ],
    [
      'a scope of others',
      'operator',
      'POST /api/v1/clients',
      { ...client, scopes: ['market:operate'] },
      [400, 'client-malformed'],
    ],
    [
      'an app of a party',
      'dso',
      'POST /api/v1/clients',
      { clientId: 'c', redirectUris: ['https://a.b/'] },
      [403, 'forbidden'],
    ],
    [
      'an unknown client',
      'operator',
      'POST /api/v1/clients/nobody/secret',
      {},
      [404, 'client-unknown'],
    ],
    [
      'a party by no administrator',
      'dso',
      'POST /api/v1/parties',
      { party: 'tso', name: 'x' },
      [403, 'forbidden'],
    ],
    [
      'a party that is none',
      'operator',
      'POST /api/v1/parties',
      { party: 'king', name: 'x' },
      [400, 'party-malformed'],
    ],
    [
      'a body of no end',
      'operator',
      'POST /api/v1/parties',
      { party: 'tso', name: 'x'.repeat(3_000_000) },
      [413, 'content-too-large'],
    ],
    [
      'no token',
      undefined,
      'POST /api/v1/parties',
      { party: 'tso', name: 'x' },
      [401, 'invalid-token'],
    ],
  ])('%s', async (_, actor, request, body, [status, code]) => {
    const before = await trial.log.head();
    expect(await trial.call(actor, request, body)).toMatchObject({ status, body: { code } });
    expect(await trial.log.head()).toBe(before);
  });
});

it('neither secrets, nor passwords, nor hashes stand in the log, and the store is its owner’s', async () => {
  const user = { userId: 'given', party: 'dso', roles: ['dso'], password: 'correct horse battery' };
  await trial.call('operator', 'POST /api/v1/users', user);
  let text = '';
  for await (const event of trial.log.readAll()) text += JSON.stringify(event);
  const secrets = Object.values(
    JSON.parse(readFileSync(trial.made.secretsFile, 'utf8')) as Record<string, string>,
  );
  const words = [...secrets, user.password, trial.adminPassword, 'scrypt'];
  expect(words.filter((word) => text.includes(word))).toEqual([]);
  expect(text).toContain('ClientRegistered');
  for (const name of ['identity.sqlite', 'identity.sqlite-wal'].map((file) =>
    path.join(trial.dataDir, file),
  )) {
    expect(existsSync(name)).toBe(true);
    expect(statSync(name).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(name, 'latin1');
    expect([...secrets, user.password].filter((word) => bytes.includes(word))).toEqual([]);
  }
});
