/** Baselines over HTTP, three ways: each PoD answered by itself, the last declared counts. */
import { type Served, serveTrial } from '../testing/serve';
import { A, B, DAY, FOREIGN, type Trial, flat, openTrial } from '../testing/trial';

const PATH = '/api/v1/portfolio/baselines';
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

const baseline = (podId: string, watts: number, deliveryDay = DAY) => ({
  podId,
  deliveryDay,
  baselineW: flat(watts),
});
const put = (baselines: unknown, actor: string | null = 'aggregator:AGG1', headers = {}) =>
  served.call(actor, 'PUT', PATH, { baselines }, headers);
const post = (way: string, body: object, actor = 'aggregator:AGG1') =>
  served.call(actor, 'POST', `${PATH}/${way}`, body);
const csvOf = (podId: string, watts: (mtu: number) => string) =>
  [
    'podId,deliveryDay,mtu,baselineW',
    ...flat(0).map((_, mtu) => `${podId},${DAY},${mtu},${watts(mtu)}`),
  ].join('\n');

/** What stands of A, as its aggregator sees it. */
async function standing(): Promise<[string, number]> {
  const { body } = await served.call('aggregator:AGG1', 'GET', `/api/v1/portfolio?day=${DAY}`);
  const { origin, baselineW } = body.items[0].baseline;
  return [origin, baselineW[0]];
}

it('are set by hand, each by itself, its own only', async () => {
  const { status, body } = await put([baseline(A, 700), baseline(FOREIGN, 700)]);
  expect(status).toBe(200);
  expect(body.items).toEqual([
    { podId: A, deliveryDay: DAY, accepted: true },
    { podId: FOREIGN, deliveryDay: DAY, accepted: false, reason: expect.any(String) },
  ]);
  expect(await standing()).toEqual(['byHand', 700]);
});

it('may be set back to what they were before', async () => {
  for (const watts of [710, 720, 710]) await put([baseline(A, watts)]);
  expect(await standing()).toEqual(['byHand', 710]);
});

it('are sent to the register in one list, however many', async () => {
  trial.calls.clear();
  await put([baseline(A, 730), baseline(B, 730)]);
  expect(trial.calls.get('register.submit')).toHaveLength(1);
});

it('are imported whole or not at all', async () => {
  const bad = await post('import', { csv: csvOf(A, (mtu) => (mtu === 1 ? 'much' : '800')) });
  expect([bad.status, bad.body.code]).toEqual([400, 'baseline-file-malformed']);
  expect(bad.body.errors[0]).toEqual({ field: 'line 3', reason: 'has no whole watts: "much"' });
  expect((await standing())[0]).toBe('byHand');
  const good = await post('import', { csv: csvOf(A, () => '800') });
  expect([good.status, good.body.items]).toEqual([
    200,
    [{ podId: A, deliveryDay: DAY, accepted: true }],
  ]);
  expect(await standing()).toEqual(['imported', 800]);
});

it('are not forecast where nothing was measured', async () => {
  const { status, body } = await post('forecast', { deliveryDay: DAY, podIds: [A, FOREIGN] });
  expect(status).toBe(200);
  expect(body.items).toMatchObject([
    { podId: A, accepted: false, reason: 'no like day was measured in full' },
    { podId: FOREIGN, accepted: false, reason: 'it is not one of your registered PoDs' },
  ]);
});

it('are forecast for those without one where nobody is named', async () => {
  expect((await post('forecast', { deliveryDay: DAY })).body.items).toEqual([]);
  const { body } = await post('forecast', { deliveryDay: '2026-03-18' });
  expect(body.items.map(({ podId }: { podId: string }) => podId)).toEqual([A, B]);
});

it.each<[string, () => Promise<{ status: number }>, number]>([
  ['no token', () => put([baseline(A, 1)], null), 401],
  ['a DSO', () => put([baseline(A, 1)], 'dso'), 403],
  ['an operator, who may write PoDs elsewhere', () => put([baseline(A, 1)], 'operator'), 403],
  ['none', () => put([]), 400],
  ['a day that does not exist', () => put([baseline(A, 1, '2026-02-30')]), 400],
  ['halves of watts', () => put([{ ...baseline(A, 1), baselineW: [0.5] }]), 400],
  ['an empty file', () => post('import', { csv: '' }), 400],
  ['a forecast without a day', () => post('forecast', {}), 400],
])('refuses %s', async (_, send, status) => {
  expect((await send()).status).toBe(status);
});

it('may be sent again when the register did not answer', async () => {
  const key = { 'Idempotency-Key': 'baseline-1' };
  trial.calls.clear();
  trial.faults.set('register.submit', ['answerLost']);
  expect((await put([baseline(A, 900)], 'aggregator:AGG1', key)).status).toBe(503);
  expect((await put([baseline(A, 900)], 'aggregator:AGG1', key)).body.items).toMatchObject([
    { accepted: true },
  ]);
  expect(new Set(trial.calls.get('register.submit')).size).toBe(1);
  expect(await standing()).toEqual(['byHand', 900]);
});
