/** An aggregator's customers over HTTP: each its own, also one of whom the platform knows nothing. */
import { type Served, serveTrial } from '../testing/serve';
import { A, B, DAY, FOREIGN, STRANGER, type Trial, openTrial } from '../testing/trial';

const PORTFOLIO = '/api/v1/portfolio';
let trial: Trial;
let served: Served;
beforeAll(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterAll(async () => {
  await served.close();
  await trial.close();
});

const get = (path: string, actor: string | null = 'aggregator:AGG1') =>
  served.call(actor, 'GET', `${PORTFOLIO}${path}`);
const flag = (podIds: unknown, automaticOffers: unknown = false, headers = {}) =>
  served.call(
    'aggregator:AGG1',
    'PUT',
    `${PORTFOLIO}/automatic-offers`,
    { podIds, automaticOffers },
    headers,
  );

it.each([
  ['aggregator:AGG1', [A, B]],
  ['aggregator:AGG2', [FOREIGN]],
  ['aggregator:AGG9', [STRANGER]],
])('lists to %s its own PoDs', async (actor, podIds) => {
  const { status, body } = await get(`?day=${DAY}`, actor);
  expect(status).toBe(200);
  expect(body.items.map(({ podId }: { podId: string }) => podId)).toEqual(podIds);
  expect(body.items[0]).toMatchObject({ isAvailable: true, baseline: { deliveryDay: DAY } });
});

it('shows what the platform knows of a plant to its aggregator, and null where it knows nothing', async () => {
  const { body } = await get('');
  expect(body.items[0].knowledge).toEqual({
    costMicroEurPerKwh: 80_000,
    fixedCostMicroEurPerMtu: 0,
    feedInW: 0,
  });
  expect((await get('', 'aggregator:AGG9')).body.items[0].knowledge).toBeNull();
});

it('pages', async () => {
  const first = await get('?limit=1');
  expect(first.body.items).toHaveLength(1);
  const second = await get(`?limit=1&cursor=${encodeURIComponent(first.body.next)}`);
  expect(second.body).toMatchObject({ items: [{ podId: B }], next: null });
});

it('knows an aggregator that comes after the platform was opened', async () => {
  expect((await get('', 'aggregator:AGG9')).body.items).toHaveLength(1);
  const late = 'IT002E60000010';
  await trial.register([
    {
      kind: 'registerPod',
      podId: late,
      aggregatorId: 'AGG9',
      customerKind: 'household',
      contractedPowerW: 3_000,
      annualEnergyKwh: 2_000,
      pvPeakW: 0,
      wallet: `0x${'1'.repeat(40)}`,
    },
  ]);
  expect((await get('', 'aggregator:AGG9')).body.items).toMatchObject([
    { podId: STRANGER },
    { podId: late },
  ]);
});

it('has a price curve, of known costs only', async () => {
  const { body } = await get(`/price-curve?day=${DAY}`);
  expect(body.items).toHaveLength(96);
  expect(body.items[0]).toMatchObject({
    mtu: 0,
    direction: 'up',
    steps: [{ podIds: [A] }, { podIds: [B], cumulativeW: 1_000 }],
  });
  expect((await get(`/price-curve?day=${DAY}`, 'aggregator:AGG9')).body.items).toEqual([]);
});

it('answers what was measured and dispatched, empty before anything was', async () => {
  const days = 'from=2026-03-16T23:00:00Z&to=2026-03-17T23:00:00Z';
  const { body } = await get(`/measurements?${days}`);
  expect(body.items).toEqual([
    { podId: A, quarterHours: [] },
    { podId: B, quarterHours: [] },
  ]);
  expect((await get('/dispatches')).body).toEqual({ items: [], next: null });
});

it('flags PoDs out and in again and out again: each time it counts', async () => {
  const flagged = async () => (await get('')).body.items[0].automaticOffers;
  for (const wanted of [false, true, false, true]) {
    const { body } = await flag([A, FOREIGN], wanted);
    expect(body.items).toEqual([
      { podId: A, accepted: true },
      { podId: FOREIGN, accepted: false, reason: expect.stringContaining('not one of') },
    ]);
    expect(await flagged()).toBe(wanted);
  }
});

it('names a list by its key, so that a repeat is known and something else refused', async () => {
  const names = async (keys: readonly (string | undefined)[]) => {
    trial.calls.delete('register.submit');
    for (const key of keys) {
      await flag([B], true, key === undefined ? {} : { 'Idempotency-Key': key });
    }
    return new Set(trial.calls.get('register.submit')).size;
  };
  expect(await names(['k1', 'k1'])).toBe(1);
  expect(await names(['k1', 'k2'])).toBe(2);
});

it.each<[string, string | null, string, number]>([
  ['no token', null, '', 401],
  ['a DSO, who reads the register elsewhere', 'dso', '', 403],
  ['an operator', 'operator', '/dispatches', 403],
  ['no day', 'aggregator:AGG1', '?day=soon', 400],
  ['a day that does not exist', 'aggregator:AGG1', '/price-curve?day=2026-02-30', 400],
  ['no instants', 'aggregator:AGG1', '/measurements?from=x&to=y', 400],
  [
    'more than 31 days',
    'aggregator:AGG1',
    '/measurements?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z',
    400,
  ],
  ['a cursor of another list', 'aggregator:AGG1', '?cursor=abc', 400],
])('refuses %s', async (_, actor, path, status) => {
  expect((await get(path, actor)).status).toBe(status);
});

it.each([
  [[], false],
  ['all', false],
  [[A], 'yes'],
])('refuses to flag %j as %j', async (podIds, automaticOffers) => {
  expect((await flag(podIds, automaticOffers)).status).toBe(400);
});

it('says that another platform is away, and nothing of where it runs', async () => {
  trial.faults.set('register.submit', ['down']);
  const { status, body } = await flag([A]);
  expect([status, body.code]).toEqual([503, 'platform-unavailable']);
  expect(JSON.stringify(body)).not.toContain('test://');
});
