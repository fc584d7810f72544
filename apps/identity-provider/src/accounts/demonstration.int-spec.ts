/** A demonstration's users sign in by a click, everywhere else nobody does. */
import { createHash } from 'node:crypto';
import { openBrowser } from '../testing/browser';
import { type IdentityTrial, serveIdentity } from '../testing/identity-trial';

const VERIFIER = 'v'.repeat(64);

let trial: IdentityTrial | undefined;
afterEach(async () => {
  expect(trial!.problems).toEqual([]);
  await trial!.close();
});

const authorize = (url: string, hint: string): string =>
  `/oauth/authorize?${new URLSearchParams({
    client_id: 'flexledger-screens',
    response_type: 'code',
    redirect_uri: `${url}/`,
    scope: 'openid offers:write market:operate',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    prompt: 'login',
    login_hint: hint,
  }).toString()}`;

it('the screens come back with a code for the user they name, who has the rights of its role', async () => {
  trial = await serveIdentity({}, undefined, { aggregatorId: 'AGG1', podId: 'IT002E60000006' });
  const { body: users } = await trial.call(undefined, 'GET /api/v1/demonstration-users');
  expect(users.items.map(({ userId }: { userId: string }) => userId)).toEqual([
    'demo.operator',
    'demo.dso',
    'demo.tso',
    'demo.agg1',
    'demo.auditor',
    'demo.it002e60000006',
  ]);
  const browser = openBrowser(trial.url);
  const { url } = await browser.open(authorize(trial.url, 'demo.agg1'));
  const { body } = await trial.token({
    grant_type: 'authorization_code',
    client_id: 'flexledger-screens',
    redirect_uri: `${trial.url}/`,
    code: new URL(url).searchParams.get('code')!,
    code_verifier: VERIFIER,
  });
  expect(await trial.verify(body.access_token)).toMatchObject({
    actor: 'aggregator:AGG1',
    userId: 'demo.agg1',
    scopes: ['offers:write'],
  });
  // No password opens what has none.
  await browser.open(authorize(trial.url, 'somebody'));
  const refused = await browser.submit({ name: 'demo.agg1', password: '' });
  expect(refused.status).toBe(401);
});

it('nobody signs in by a click where it is no demonstration', async () => {
  trial = await serveIdentity();
  const { body } = await trial.call(undefined, 'GET /api/v1/demonstration-users');
  expect(body).toEqual({ items: [] });
  const page = await openBrowser(trial.url).open(authorize(trial.url, 'admin'));
  expect(String(page.body)).toContain('name="password"');
});
