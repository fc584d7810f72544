/** Network models, forecasts and violations by REST: what each route answers, and to whom. */
import { START_MS, MINUTE_MS, LIMITS } from '../testing/dso-trial';
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let sessionId: string;

beforeAll(async () => {
  served = await serveDso();
  sessionId = await served.trial.schedule();
  await served.trial.until(START_MS + 70 * MINUTE_MS);
});
afterAll(() => served.close());

const GRID = '/api/v1/grids/feeder';
const get = (path: string, by: Actor | undefined = 'dso') => served.call('GET', path, by);

describe.each<[string, () => string]>([
  ['the model', () => GRID],
  ['a forecast', () => `${GRID}/forecasts/${sessionId}`],
  ['the violations', () => `${GRID}/violations`],
  ['a power flow', () => `${GRID}/forecasts/${sessionId}/power-flow?mtu=0`],
])('%s', (_, path) => {
  it.each<[Actor | undefined, number]>([
    [undefined, 401],
    ['tso', 403],
    ['aggregator:AGG1', 403],
    ['dso', 200],
    ['operator', 200],
    ['auditor', 200],
  ])('answers %s with %i', async (by, status) => {
    expect((await served.call('GET', path(), by)).status).toBe(status);
  });
});

describe('the model', () => {
  it('is the one published last, with its tag', async () => {
    const { body, headers } = await get(GRID);
    expect(body).toMatchObject({ gridId: 'feeder', limits: LIMITS, digest: expect.any(String) });
    const again = await served.call('GET', GRID, 'dso', undefined, {
      'if-none-match': headers.get('etag')!,
      // Without it fetch asks past every cache.
      'cache-control': 'max-age=0',
    });
    expect(again.status).toBe(304);
  });

  it('is published anew, and the next forecast is made with it', async () => {
    const { body: last } = await get(GRID);
    const limits = { ...last.limits, transformerLimitPerMille: 900 };
    const put = await served.call('PUT', GRID, 'dso', { model: last.model, limits });
    expect(put.body).toEqual({ gridId: 'feeder', digest: last.digest, changed: true });
    expect((await get(GRID)).body.limits).toEqual(limits);
    const same = await served.call('PUT', GRID, 'dso', { model: last.model });
    expect(same.body.changed).toBe(false);
  });

  it('that another has published meanwhile is not overwritten', async () => {
    const { body: last } = await get(GRID);
    const stale = { 'if-match': '"0000"' };
    const put = await served.call('PUT', GRID, 'dso', { model: last.model }, stale);
    expect([put.status, put.body.code]).toEqual([412, 'precondition-failed']);
  });

  it.each<[string, Actor | undefined, object, number, string]>([
    ['nobody', undefined, {}, 401, 'invalid-token'],
    ['an aggregator', 'aggregator:AGG1', { model: {} }, 403, 'forbidden'],
    ['no model', 'dso', {}, 400, 'input-malformed'],
    ['a broken one', 'dso', { model: { schema: 'other' } }, 400, 'grid-malformed'],
  ])('is refused: %s', async (_, by, body, status, code) => {
    const answer = await served.call('PUT', GRID, by, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('of another grid is not taken', async () => {
    const { status, body } = await served.call('PUT', '/api/v1/grids/other', 'dso', { model: {} });
    expect([status, body.code]).toEqual([404, 'grid-unknown']);
  });

  it('has limits of its own lines only', async () => {
    const { body: last } = await get(GRID);
    const limits = { ...last.limits, lineLimitA: { l9: 5, l1: -1 } };
    const { status, body } = await served.call('PUT', GRID, 'dso', { model: last.model, limits });
    expect(status).toBe(400);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'limits.lineLimitA.l9',
      'limits.lineLimitA.l1',
    ]);
  });
});

describe('a forecast', () => {
  it('has the power at each bus by MTU', async () => {
    const { body } = await get(`${GRID}/forecasts/${sessionId}`);
    expect(body).toMatchObject({ sessionId, mtuCount: 16 });
    expect(body.busW).toHaveLength(4);
    expect(body.busW[3][0]).toBeGreaterThan(0);
  });

  it.each([
    ['a session without one', `${GRID}/forecasts/none`, 'forecast-unknown'],
    ['another grid', '/api/v1/grids/other', 'grid-unknown'],
  ])('is unknown for %s', async (_, path, code) => {
    const { status, body } = await get(path);
    expect([status, body.code]).toEqual([404, code]);
  });
});

describe('violations', () => {
  it('name the element, what helps and what was asked for', async () => {
    const { body } = await get(`${GRID}/violations?open=true&sessionId=${sessionId}`);
    const [{ violations, requests }] = body.items;
    expect(violations[0]).toMatchObject({ elementId: 'l2', violation: 'overload' });
    expect(violations[0].requestIds).toEqual([requests[0].requestId]);
    expect(requests[0].state).toBe('sent');
    expect(body.next).toBeNull();
  });

  it.each(['open=perhaps', 'limit=0', 'limit=100000', 'cursor=eHh4'])(
    'refuse %s',
    async (query) => {
      expect((await get(`${GRID}/violations?${query}`)).status).toBe(400);
    },
  );
});

describe('the power flow of an MTU', () => {
  const at = (mtu: number | string, session = sessionId): string =>
    `${GRID}/forecasts/${session}/power-flow?mtu=${mtu}`;

  it('has each element, balances with what is forecast, and names what the alarms name', async () => {
    const { body: forecast } = await get(`${GRID}/forecasts/${sessionId}`);
    const { body: alarms } = await get(`${GRID}/violations`);
    const [alarm] = alarms.items[0].violations;
    const mtu = alarm.value.findIndex((milliamperes: number) => milliamperes > 0);
    const { body } = await get(at(mtu));
    const { powerFlow, violations } = body;
    expect(body).toMatchObject({ gridId: 'feeder', sessionId, mtu, mtuStart: expect.any(String) });
    expect(powerFlow.converged).toBe(true);
    const { model } = (await get(GRID)).body;
    expect(powerFlow.lines.map(({ id }: { id: string }) => id)).toEqual(
      model.lines.map(({ id }: { id: string }) => id),
    );
    const withdrawnW = forecast.busW.reduce((sum: number, of: number[]) => sum + of[mtu]!, 0);
    const suppliedW = (powerFlow.externalGrid.pMw - powerFlow.totalLossesMw) * 1e6;
    expect(suppliedW).toBeCloseTo(withdrawnW, 0);
    const named = violations.find(
      ({ elementId }: { elementId: string }) => elementId === alarm.elementId,
    );
    expect([named.kind, named.limit * 1e3]).toEqual([alarm.violation, alarm.limit]);
    expect(named.value * 1e3).toBeCloseTo(alarm.value[mtu], 0);
  });

  it.each([
    ['beyond the session', () => at(96), 400, 'query-malformed'],
    ['that is no number', () => at('first'), 400, 'input-malformed'],
    ['of a session that is not forecast', () => at(0, 'never'), 404, 'forecast-unknown'],
    ['of another grid', () => at(0).replace('feeder', 'other'), 404, 'grid-unknown'],
  ])('%s is refused', async (_, path, status, code) => {
    const answer = await get(path());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});
