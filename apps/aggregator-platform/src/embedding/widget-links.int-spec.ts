/** A widget in another's page: by its link alone, nothing but this widget, until it ends or is withdrawn. */
import { uuidFrom } from '@flexledger/identity';
import { OFFERS_ALONE, type Served, serveTrial } from '../testing/serve';
import { A, type Trial, openTrial } from '../testing/trial';

const AGG1 = 'aggregator:AGG1';
const LINKS = '/api/v1/portfolio/widget-links';
const DAY_MS = 86_400_000;
let trial: Trial;
let served: Served;
beforeEach(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
  await served.call(AGG1, 'PUT', '/api/v1/portfolio/assets/roofs', { name: 'x', podIds: [A] });
  await save('max(roofs.flexibilityUp)');
});
afterEach(async () => {
  await served.close();
  await trial.close();
});

const save = (formula: string, kind = 'figure', title = 'Peak <of> "roofs"') =>
  served.call(AGG1, 'PUT', '/api/v1/portfolio/dashboards/d1', {
    name: 'd1',
    widgets: [{ widgetId: 'w1', title, kind, lines: [{ label: 'peak', formula }] }],
  });
const inDays = (days: number): string =>
  new Date(trial.clock.nowMs() + days * DAY_MS).toISOString();
const publish = (more: object = {}, actor: string | null = AGG1) =>
  served.call(actor, 'POST', LINKS, {
    dashboardId: 'd1',
    widgetId: 'w1',
    expiresAt: inDays(30),
    frameAncestors: ['https://www.example.org'],
    ...more,
  });
const look = async (path: string) => {
  const response = await fetch(new URL(path, served.url));
  const policy = response.headers.get('content-security-policy') ?? '';
  return { status: response.status, policy, html: await response.text() };
};

it('is shown to whoever has the link, in the frames of these origins, without a script', async () => {
  const { status, body } = await publish();
  expect(status).toBe(201);
  const { html, policy, ...answer } = await look(body.path);
  expect(answer.status).toBe(200);
  expect(html).toContain('<dd>0.5 kW</dd>');
  expect(html).toContain('<h1>Peak &lt;of&gt; &quot;roofs&quot;</h1>');
  expect(html).not.toContain('<script');
  expect(html).not.toContain(A);
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
  expect(policy).toContain('frame-ancestors https://www.example.org');
  expect((await look('/api/v1/portfolio/dashboards')).policy).toContain("frame-ancestors 'none'");
});

it.each(['chart', 'table'])('is shown as a %s over days', async (kind) => {
  await save('roofs.flexibilityUp', kind);
  const { html } = await look((await publish({ days: 2 })).body.path);
  expect(html).toContain(kind === 'chart' ? '<path d="M' : '<td>0.5</td>');
  expect(kind === 'chart' ? 192 : html.match(/<tr>/g)!.length - 1).toBe(192);
});

it('shows for good what it was given for, whatever becomes of the dashboard', async () => {
  const { path } = (await publish()).body;
  await save('max(roofs.flexibilityUp) * 1000');
  expect((await look(path)).html).toContain('<dd>0.5 kW</dd>');
  await served.call(AGG1, 'DELETE', '/api/v1/portfolio/dashboards/d1');
  expect((await look(path)).html).toContain('<dd>0.5 kW</dd>');
});

it('is over when it is withdrawn, at once and for good', async () => {
  const { path, linkId } = (await publish()).body;
  await look(path);
  expect((await served.call(AGG1, 'DELETE', `${LINKS}/${linkId}`)).status).toBe(204);
  const { status, html } = await look(path);
  expect(status).toBe(404);
  expect(html).toContain('was withdrawn by who gave it');
  expect((await served.call(AGG1, 'GET', LINKS)).body.items).toEqual([]);
});

it('shows nothing while its giver is disabled', async () => {
  const { path } = (await publish()).body;
  const standing = async (type: string) => {
    const said = { occurredAt: '2026-03-16T08:00:00.000Z', actor: 'operator', schemaVersion: 1 };
    const by = { correlationId: type, causationId: type };
    const data = type === 'PartyDisabled' ? { party: AGG1, reason: 'x' } : { party: AGG1 };
    const event = { id: uuidFrom(type), type, ...said, ...by, data };
    await trial.store.append(`party-${AGG1}`, 'any', [event]);
    return (await look(path)).status;
  };
  expect(await standing('PartyDisabled')).toBe(404);
  expect(await standing('PartyEnabled')).toBe(200);
});

it('is over when its time is', async () => {
  const { path } = (await publish({ expiresAt: inDays(1) })).body;
  expect((await look(path)).status).toBe(200);
  await trial.until(trial.clock.nowMs() + DAY_MS);
  expect((await look(path)).status).toBe(404);
});

it('cannot be widened: no other widget, no other days, nothing of the interface', async () => {
  const { path } = (await publish()).body;
  const token = String(path).split('/').at(-1)!;
  const [head, , signature] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: 'AGG2', jti: 'x', aud: 'x', exp: 9e9 }));
  for (const wrong of [`${head}.${forged.toString('base64url')}.${signature}`, 'x', `${token}x`]) {
    const { status, html } = await look(`/embed/${wrong}`);
    expect([status, html.includes('The link does not hold.')]).toEqual([404, true]);
  }
  expect((await look(`${path}?days=31&day=2026-03-01`)).html).toBe((await look(path)).html);
  const asToken = await fetch(new URL('/api/v1/portfolio/dashboards', served.url), {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(asToken.status).toBe(401);
  const posted = await fetch(new URL(path, served.url), { method: 'POST' });
  expect(posted.status).toBe(405);
});

it('names no PoD to who looks where what it is made of is gone', async () => {
  await save(`max(${A}.flexibilityUp) + max(roofs.flexibilityUp)`);
  const { path } = (await publish()).body;
  await served.call(AGG1, 'DELETE', '/api/v1/portfolio/assets/roofs');
  const { status, html } = await look(path);
  expect([status, html.includes('ask who gave the link')]).toEqual([404, true]);
  expect(html).not.toMatch(/roofs|IT002E/);
});

it('its path is told to those alone who may read what it shows', async () => {
  await publish();
  expect((await served.call(OFFERS_ALONE, 'GET', LINKS)).status).toBe(403);
});

it('is listed with its path, and given once for one key', async () => {
  const headers = { 'idempotency-key': 'k1' };
  const body = { dashboardId: 'd1', widgetId: 'w1', expiresAt: inDays(3) };
  const first = await served.call(AGG1, 'POST', LINKS, body, headers);
  const again = await served.call(AGG1, 'POST', LINKS, body, headers);
  expect(again.body.linkId).toBe(first.body.linkId);
  const { items } = (await served.call(AGG1, 'GET', LINKS)).body;
  expect(items).toMatchObject([{ linkId: first.body.linkId, days: 1, frameAncestors: [] }]);
  const { status, policy } = await look(items[0].path);
  expect(status).toBe(200);
  expect(policy).toContain("frame-ancestors 'none'");
});

it.each<[string, () => ReturnType<typeof publish>, number, string]>([
  ['an end that is past', () => publish({ expiresAt: inDays(-1) }), 400, 'widget-link-malformed'],
  [
    'a page for an origin',
    () => publish({ frameAncestors: ['https://a.org/x'] }),
    400,
    'widget-link-malformed',
  ],
  ['everybody', () => publish({ frameAncestors: ['*'] }), 400, 'widget-link-malformed'],
  ['too many days', () => publish({ days: 32 }), 400, 'widget-link-malformed'],
  ['a widget that there is not', () => publish({ widgetId: 'w2' }), 404, 'widget-unknown'],
  ['a dashboard of another', () => publish({}, 'aggregator:AGG2'), 404, 'dashboard-unknown'],
  ['a DSO', () => publish({}, 'dso'), 403, 'forbidden'],
  ['a program that may not read what it shows', () => publish({}, OFFERS_ALONE), 403, 'forbidden'],
  ['nobody', () => publish({}, null), 401, 'invalid-token'],
])('is not given for %s, and nothing is written', async (_, call, status, code) => {
  const before = await trial.store.head();
  const answer = await call();
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await trial.store.head()).toBe(before);
});
