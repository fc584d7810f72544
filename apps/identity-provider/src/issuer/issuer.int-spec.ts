/** Tokens as people and programs get them: by secret, by name and password, by device code (S-MP-01). */
import { createHash } from 'node:crypto';
import { createTokenVerifier } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { readClientSecret } from '@flexledger/service-kit';
import { openBrowser } from '../testing/browser';
import { type IdentityTrial, serveIdentity } from '../testing/identity-trial';

const PASSWORD = 'correct horse battery';
const BACK = 'https://desk.example/signed-in';
const VERIFIER = 'v'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const TRADER = 'agg1.trader';

let trial: IdentityTrial;
beforeAll(async () => {
  trial = await serveIdentity();
  await trial.call('operator', 'POST /api/v1/clients', { clientId: 'desk', redirectUris: [BACK] });
  const user = { party: 'aggregator:AGG1', roles: ['ap-operator'], password: PASSWORD };
  await trial.call('operator', 'POST /api/v1/users', { userId: TRADER, ...user });
});
afterAll(async () => {
  expect(trial.problems).toEqual([]);
  await trial.close();
});

const authorize = (change: Readonly<Record<string, string>> = {}): string =>
  `/oauth/authorize?${new URLSearchParams({
    client_id: 'desk',
    response_type: 'code',
    redirect_uri: BACK,
    scope: 'openid offers:write market:operate',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 's1',
    ...change,
  }).toString()}`;

/** Signs in and comes back with a code. */
async function codeFor(name: string, password = PASSWORD): Promise<string> {
  const browser = openBrowser(trial.url);
  await browser.open(authorize());
  const { url } = await browser.submit({ name, password });
  expect(url).toContain(BACK);
  return new URL(url).searchParams.get('code')!;
}
const exchange = (code: string, change: Readonly<Record<string, string>> = {}) =>
  trial.token({
    grant_type: 'authorization_code',
    client_id: 'desk',
    redirect_uri: BACK,
    code,
    code_verifier: VERIFIER,
    ...change,
  });
const refresh = (refresh_token: string) =>
  trial.token({ grant_type: 'refresh_token', client_id: 'desk', refresh_token });

describe('a machine', () => {
  const grant = () => ({
    grant_type: 'client_credentials',
    client_id: 'aggregator-AGG1',
    client_secret: readClientSecret(trial.dataDir, 'aggregator-AGG1'),
  });
  const post = (init: RequestInit) =>
    fetch(`${trial.url}/oauth/token`, { method: 'POST', ...init });

  it.each<[string, () => RequestInit]>([
    ['a form', () => ({ body: new URLSearchParams(grant()) })],
    [
      'JSON',
      () => ({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(grant()),
      }),
    ],
    [
      'HTTP Basic',
      () => ({
        headers: {
          authorization: `Basic ${Buffer.from(`${grant().client_id}:${grant().client_secret}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      }),
    ],
  ])('gets a token for its secret in %s', async (_, init) => {
    const response = await post(init());
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body = (await response.json()) as { access_token: string; scope: string };
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    await expect(trial.verify(body.access_token)).resolves.toMatchObject({
      actor: 'aggregator:AGG1',
      clientId: 'aggregator-AGG1',
      scopes: body.scope.split(' '),
    });
  });

  it('gets the scopes it asked for, no more', async () => {
    const { body } = await trial.token({ ...grant(), scope: 'market:read' });
    expect(body.scope).toBe('market:read');
  });

  it.each<[Record<string, unknown>, number, string]>([
    [{ client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{ scope: 'market:operate' }, 400, 'invalid_scope'],
    [{ scope: 'everything' }, 400, 'invalid_scope'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_request'],
    [{ client_id: ['a', 'b'] }, 400, 'invalid_request'],
  ])('is refused for %j in the form of RFC 6749 5.2', async (change, status, error) => {
    const sent = { ...grant(), ...change };
    const response = await post({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    });
    const text = await response.text();
    expect([response.status, JSON.parse(text).error]).toEqual([status, error]);
    expect(text).not.toContain(grant().client_secret);
  });

  it('is verified by the published keys, which hold no private part', async () => {
    const { body } = await trial.call(undefined, 'GET /.well-known/jwks.json');
    expect(body.keys).toHaveLength(1);
    expect(body.keys[0]).not.toHaveProperty('d');
    const { body: found } = await trial.call(undefined, 'GET /.well-known/openid-configuration');
    expect(found.issuer).toBe(trial.url);
    const { pathname } = new URL(found.jwks_uri);
    const { body: keys } = await trial.call(undefined, `GET ${pathname}`);
    const verify = createTokenVerifier({ audience: 'trial', clock: wallClock, keys });
    await expect(verify(await trial.tokenOf('tso'))).resolves.toMatchObject({ actor: 'tso' });
  });

  it('that guesses has to wait longer and longer, and who knows the secret waits with it', async () => {
    const guess = { ...grant(), client_id: 'tso', client_secret: 'guess' };
    for (let tries = 0; tries < 5; tries += 1) expect((await trial.token(guess)).status).toBe(401);
    const { status, headers, body } = await trial.token(guess);
    expect([status, body.error]).toEqual([429, 'slow_down']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // Somebody else from the same address does not.
    expect((await trial.token(grant())).status).toBe(200);
  });
});

describe('a person in a browser', () => {
  it('signs in by name and password, and gets what role and app both may', async () => {
    const browser = openBrowser(trial.url);
    const page = await browser.open(authorize());
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('name="password"')]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.body).not.toContain('<script');
    const wrong = await browser.submit({ name: TRADER, password: 'wrong' });
    expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('is wrong')]);
    const back = await browser.submit({ name: TRADER, password: PASSWORD });
    const { searchParams } = new URL(back.url);
    expect(searchParams.get('state')).toBe('s1');
    const { status, body } = await exchange(searchParams.get('code')!);
    expect([status, body.scope]).toEqual([200, 'offers:write']);
    await expect(trial.verify(body.access_token)).resolves.toMatchObject({
      actor: 'aggregator:AGG1',
      userId: TRADER,
      clientId: `desk/${TRADER}`,
      scopes: ['offers:write'],
    });
    const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({ sub: TRADER, party: 'aggregator:AGG1', roles: ['ap-operator'] });
  });

  it('is sent back without PKCE', async () => {
    const plain = { code_challenge: '', code_challenge_method: '' };
    const { url } = await openBrowser(trial.url).open(authorize(plain));
    expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['an address that is not the app’s', { redirect_uri: 'https://evil.example/' }],
    ['an app that nobody registered', { client_id: 'nobody' }],
  ])('is sent nowhere for %s', async (_, change) => {
    const { status, body } = await openBrowser(trial.url).open(authorize(change));
    expect([status, body]).toEqual([400, expect.stringContaining('That did not work')]);
  });

  it('does not come in by the page of another', async () => {
    const browser = openBrowser(trial.url);
    const { url } = await browser.open(authorize());
    const { status, body } = await openBrowser(trial.url).open(url);
    expect([status, body]).toEqual([400, expect.stringContaining('has ended')]);
  });

  it('uses a code once; used again, it ends what it gave', async () => {
    const code = await codeFor(TRADER);
    const { body } = await exchange(code);
    expect((await exchange(code)).body.error).toBe('invalid_grant');
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('needs the verifier of its challenge', async () => {
    const code = await codeFor(TRADER);
    const { status, body } = await exchange(code, { code_verifier: 'w'.repeat(64) });
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
  });

  it('refreshes with another token each time; an old one ends the whole family', async () => {
    const first = (await exchange(await codeFor(TRADER))).body;
    const second = (await refresh(first.refresh_token)).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('revokes its sign-in', async () => {
    const { body } = await exchange(await codeFor(TRADER));
    const fields = { client_id: 'desk', token: body.refresh_token };
    const revoked = await fetch(`${trial.url}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    expect(revoked.status).toBe(200);
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('loses what its role loses, and everything once it is disabled', async () => {
    const { body } = await exchange(await codeFor(TRADER));
    const change = `PUT /api/v1/users/${TRADER}/status` as const;
    await trial.call('operator', change, { status: 'disabled', reason: 'left' });
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
    const browser = openBrowser(trial.url);
    await browser.open(authorize());
    const { status } = await browser.submit({ name: TRADER, password: PASSWORD });
    expect(status).toBe(401);
    await trial.call('operator', change, { status: 'enabled' });
    const roles = { roles: ['aggregator'] };
    await trial.call('operator', `PUT /api/v1/users/${TRADER}/roles`, roles);
    const code = await codeFor(TRADER);
    await trial.call('operator', `PUT /api/v1/users/${TRADER}/roles`, { roles: ['ap-operator'] });
    expect((await exchange(code)).body.error).toBe('invalid_grant');
  });

  it('that guesses has to wait', async () => {
    const browser = openBrowser(trial.url);
    await browser.open(authorize());
    const guess = () => browser.submit({ name: 'admin', password: 'guess' });
    const all = [];
    for (let tries = 0; tries < 6; tries += 1) all.push((await guess()).status);
    expect(all).toEqual([401, 401, 401, 401, 401, 429]);
    const { headers, body } = await guess();
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(body).toContain('Too many tries');
  });
});

describe('a terminal', () => {
  const begin = async () => {
    const response = await fetch(`${trial.url}/oauth/device-code`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'flexledger-cli', scope: 'openid market:read' }),
    });
    return (await response.json()) as {
      device_code: string;
      user_code: string;
      verification_uri: string;
    };
  };
  const poll = (device_code: string) =>
    trial.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'flexledger-cli',
      device_code,
    });

  /** The token of a person who signs in as one should. */
  async function signedIn(password = PASSWORD, name = TRADER): Promise<string> {
    const { device_code, user_code, verification_uri } = await begin();
    const browser = openBrowser(trial.url);
    await browser.open(verification_uri);
    await browser.submit({ user_code });
    await browser.submit({});
    await browser.submit({ name, password });
    return (await poll(device_code)).body.access_token;
  }

  it('gets a token once its person has typed the code and signed in', async () => {
    const { device_code, user_code, verification_uri } = await begin();
    expect((await poll(device_code)).body.error).toBe('authorization_pending');
    const browser = openBrowser(trial.url);
    const page = await browser.open(verification_uri);
    expect(page.body).toContain('Connect a terminal');
    expect(page.body).not.toContain('onfocus');
    expect((await browser.submit({ user_code: 'BBBB-BBBB' })).body).toContain('no such code');
    expect((await browser.submit({ user_code })).body).toContain(user_code);
    expect((await browser.submit({})).body).toContain('name="password"');
    const done = await browser.submit({ name: TRADER, password: PASSWORD });
    expect(done.body).toContain('You have signed in');
    // Who reads the file of credentials has its hash, and gets nothing for it.
    const hash = createHash('sha256').update(device_code).digest('hex');
    for (const stolen of [hash, `hash:${hash}`]) {
      expect((await poll(stolen)).body.error).toBe('invalid_grant');
    }
    const { body } = await poll(device_code);
    await expect(trial.verify(body.access_token)).resolves.toMatchObject({
      userId: TRADER,
      scopes: ['market:read'],
    });
    expect((await poll(device_code)).body.error).toBe('invalid_grant');
  });

  it('is refused when its person does not know it', async () => {
    const { device_code, user_code, verification_uri } = await begin();
    const browser = openBrowser(trial.url);
    await browser.open(verification_uri);
    await browser.submit({ user_code });
    await browser.submit({ abort: 'yes' });
    expect((await poll(device_code)).body.error).toBe('access_denied');
  });

  it('lets its person change the password, knowing the old one', async () => {
    const own = 'PUT /api/v1/users/me/password';
    const mine = { authorization: `Bearer ${await signedIn()}` };
    const password = 'another horse battery';
    const change = (current: string) => trial.call(undefined, own, { current, password }, mine);
    expect(await change('wrong')).toMatchObject({ status: 403 });
    expect(await change(PASSWORD)).toMatchObject({ status: 200, body: { userId: TRADER } });
    expect(await signedIn()).toBeUndefined();
    expect(await signedIn(password)).toEqual(expect.any(String));
    const machine = await trial.call('dso', own, { current: PASSWORD, password });
    expect(machine.body.detail).toBe('A client has no password.');
  });

  it('that guesses the old password has to wait, and is told so', async () => {
    const user = { userId: 'guessed', party: 'dso', roles: ['dso'], password: PASSWORD };
    await trial.call('operator', 'POST /api/v1/users', user);
    const mine = { authorization: `Bearer ${await signedIn(PASSWORD, 'guessed')}` };
    const change = { current: 'wrong', password: 'another horse battery' };
    const guess = () => trial.call(undefined, 'PUT /api/v1/users/me/password', change, mine);
    // On a slow machine a guess or two is forgiven meanwhile.
    let tries = 0;
    let answer = await guess();
    for (; answer.status === 403 && tries < 20; tries += 1) answer = await guess();
    const { status, headers, body } = answer;
    expect(tries).toBeGreaterThanOrEqual(5);
    expect([status, body.code]).toEqual([429, 'too-many-requests']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('comes too late with an expired code', async () => {
    const hasty = await serveIdentity({ deviceCodeS: 1 });
    const response = await fetch(`${hasty.url}/oauth/device-code`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'flexledger-cli' }),
    });
    const { device_code } = (await response.json()) as { device_code: string };
    const late = () =>
      hasty.token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'flexledger-cli',
        device_code,
      });
    let error = 'authorization_pending';
    while (error === 'authorization_pending') ({ error } = (await late()).body);
    expect(['expired_token', 'invalid_grant']).toContain(error);
    await hasty.close();
  });
});
