/** Assets, dashboards and their reports over HTTP: an aggregator's own, from its own data alone. */
import type { OutcomeRow } from '@flexledger/domain';
import { type Served, serveTrial } from '../testing/serve';
import { A, B, DAY, FOREIGN, STRANGER, type Trial, flat, openTrial } from '../testing/trial';

const ASSETS = '/api/v1/portfolio/assets';
const DASHBOARDS = '/api/v1/portfolio/dashboards';
const AGG1 = 'aggregator:AGG1';
let trial: Trial;
let served: Served;
beforeEach(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterEach(async () => {
  await served.close();
  await trial.close();
});

const define = (assetId: string, parts: object, actor: string | null = AGG1) =>
  served.call(actor, 'PUT', `${ASSETS}/${assetId}`, { name: assetId, ...parts });
const series = (lines: Readonly<Record<string, string>>, more: object = {}, actor = AGG1) =>
  served.call(actor, 'POST', '/api/v1/portfolio/series', {
    day: DAY,
    lines: Object.entries(lines).map(([label, formula]) => ({ label, formula })),
    ...more,
  });
const widget = (formula: string, kind = 'chart') => ({
  widgetId: 'w1',
  title: 'Power',
  kind,
  lines: [{ label: 'power', formula }],
});
const save = (widgets: object[], actor: string | null = AGG1, more: object = {}) =>
  served.call(actor, 'PUT', `${DASHBOARDS}/d1`, { name: 'The north', widgets, ...more });

it('an asset is PoDs and assets, listed with how many PoDs that are, and removed', async () => {
  expect(await define('roofs', { podIds: [A] })).toMatchObject({
    status: 200,
    body: { changed: true },
  });
  expect((await define('roofs', { podIds: [A] })).body).toEqual({ changed: false });
  await define('north', { podIds: [A, B], assetIds: ['roofs'] });
  expect((await served.call(AGG1, 'GET', ASSETS)).body.items).toEqual([
    { assetId: 'roofs', name: 'roofs', podIds: [A], assetIds: [], pods: 1 },
    { assetId: 'north', name: 'north', podIds: [A, B], assetIds: ['roofs'], pods: 2 },
  ]);
  const remove = (assetId: string) => served.call(AGG1, 'DELETE', `${ASSETS}/${assetId}`);
  expect(await remove('roofs')).toMatchObject({ status: 409, body: { code: 'asset-held' } });
  expect((await remove('north')).status).toBe(204);
  expect((await remove('north')).status).toBe(404);
  expect((await trial.events('AssetDefined')).length).toBe(2);
});

it.each<[string, () => ReturnType<typeof define>, number, string]>([
  ['another one’s PoD', () => define('x', { podIds: [A, FOREIGN] }), 400, 'pod-foreign'],
  ['a cycle', () => define('x', { assetIds: ['x'] }), 400, 'asset-malformed'],
  [
    'an id that no formula could name',
    () => define('x-y', { podIds: [A] }),
    400,
    'asset-malformed',
  ],
  ['another member', () => define('x', { podIds: [A], pods: 1 }), 400, 'input-malformed'],
  ['a DSO', () => define('x', { podIds: [A] }, 'dso'), 403, 'forbidden'],
  ['an operator', () => define('x', { podIds: [A] }, 'operator'), 403, 'forbidden'],
  ['nobody', () => define('x', { podIds: [A] }, null), 401, 'invalid-token'],
  [
    'an id that no formula can name',
    () => define('class', { podIds: [A] }),
    400,
    'asset-malformed',
  ],
])('of assets refuses %s, and nothing is written', async (_, call, status, code) => {
  const before = await trial.store.head();
  const answer = await call();
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await trial.store.head()).toBe(before);
});

it('works out series of assets and PoDs, and says who has no value', async () => {
  await define('roofs', { podIds: [A, B] });
  const { status, body } = await series({
    all: 'roofs.baseline',
    one: `${A}.flexibilityUp`,
    room: `min(roofs.baseline, roofs.flexibilityUp) - 0.25 * kW`,
    day: 'sum(energy(roofs.baseline))',
    measured: 'roofs.measured',
  });
  expect(status).toBe(200);
  expect(body.mtuStarts.length).toBe(96);
  const summary = body.lines.map((line: { label: string; unit: string; values: unknown[] }) => [
    line.label,
    line.unit,
    line.values?.[0],
  ]);
  expect(summary).toEqual([
    ['all', 'kW', 4],
    ['one', 'kW', 0.5],
    ['room', 'kW', 0.75],
    ['day', 'kWh', undefined],
    ['measured', 'kW', null],
  ]);
  expect(body.lines[3].value).toBe(96);
  expect(body.missing).toEqual([{ of: 'roofs', variable: 'measured', pods: 2, podIds: [A, B] }]);
});

it('works out what was sold and what was settled of it', async () => {
  const { sessionId, gateOpensMs, gateClosesMs } = trial.dayAhead;
  await trial.schedule(trial.dayAhead);
  await trial.until(gateOpensMs);
  await trial.open(sessionId);
  await trial.until(gateClosesMs);
  const sold: OutcomeRow = {
    offerId: `${A}-P-up`,
    requestId: 'R1',
    podId: A,
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    firstMtu: 0,
    acceptedW: flat(200),
    priceMicroEurPerKwh: flat(100_000),
  };
  await trial.publish(sessionId, [sold]);
  await define('roofs', { podIds: [A, B] });
  const lines = {
    up: 'max(roofs.soldUp)',
    down: 'max(roofs.soldDown)',
    other: `max(${B}.soldUp)`,
    paid: 'sum(roofs.settled)',
    price: 'sum(roofs.settled) / sum(energy(roofs.soldUp))',
  };
  const valuesOf = async () =>
    (await series(lines)).body.lines.map(({ value }: { value: unknown }) => value);
  expect(await valuesOf()).toEqual([0.2, 0, 0, null, null]);
  await trial.settle(sessionId, [
    {
      ...sold,
      baselineW: flat(2_000),
      measuredW: flat(1_800),
      deliveredW: flat(200),
      paidMicroEur: flat(5_000),
      penaltyMicroEur: flat(1_000),
    },
  ]);
  expect(await valuesOf()).toEqual([0.2, 0, 0, 0.384, 0.08]);
});

it('spans days, of which one may have 92 quarter-hours', async () => {
  const { body } = await series({ power: `${A}.baseline` }, { day: '2026-03-28', days: 2 });
  expect(body.mtuStarts.length).toBe(96 + 92);
  expect(body.lines[0].values.length).toBe(96 + 92);
});

it.each<[string, () => ReturnType<typeof series>, string, string]>([
  [
    'a formula that ends too soon',
    () => series({ x: `${A}.baseline +` }),
    'formula-malformed',
    'at character 26: the formula ends where something is still expected',
  ],
  [
    'another one’s PoD',
    () => series({ x: `1 * kW + ${FOREIGN}.measured` }),
    'formula-malformed',
    `at character 10: ${FOREIGN} is neither one of your assets nor one of your registered PoDs`,
  ],
  [
    'units that do not fit',
    () => series({ x: `${A}.baseline + 1` }),
    'formula-malformed',
    'at character 27: kW and a bare number cannot be put together',
  ],
  [
    'a chart of two units',
    () => series({ x: `${A}.baseline`, y: `${A}.settled` }, { kind: 'chart' }),
    'formula-malformed',
    'at character 1: a chart has one unit; this line is in EUR, the one before in kW',
  ],
  [
    'a figure that is many',
    () => series({ x: `${A}.baseline` }, { kind: 'figure' }),
    'formula-malformed',
    'at character 1: a figure is one number, this is one a quarter-hour: write mean(...), max(...) or sum(energy(...))',
  ],
  [
    'too many days',
    () => series({ x: '1' }, { days: 32 }),
    'input-malformed',
    'must not be greater than 31',
  ],
  ['no day', () => series({ x: '1' }, { day: '2026-02-30' }), 'input-malformed', 'like 2026-03-17'],
])('of reports refuses %s', async (_, call, code, reason) => {
  const { status, body } = await call();
  expect([status, body.code]).toEqual([400, code]);
  expect(body.errors.at(-1).reason).toContain(reason);
});

it('a dashboard is saved, listed, reported by widget, and removed', async () => {
  expect((await save([widget(`${A}.baseline`)])).body).toEqual({ changed: true });
  const { body } = await served.call(AGG1, 'GET', DASHBOARDS);
  expect(body.items).toEqual([
    { dashboardId: 'd1', name: 'The north', isPrivate: false, widgets: [widget(`${A}.baseline`)] },
  ]);
  const report = (of: string) => served.call(AGG1, 'GET', `${DASHBOARDS}/${of}/report?day=${DAY}`);
  expect((await report('d1/widgets/w1')).body.lines).toMatchObject([
    { label: 'power', unit: 'kW' },
  ]);
  expect((await report('d1/widgets/w2')).body.code).toBe('widget-unknown');
  expect((await report('d2/widgets/w1')).body.code).toBe('dashboard-unknown');
  expect((await served.call(AGG1, 'DELETE', `${DASHBOARDS}/d1`)).status).toBe(204);
  expect((await served.call(AGG1, 'DELETE', `${DASHBOARDS}/d1`)).status).toBe(404);
});

it.each<[string, () => ReturnType<typeof save>, number, string]>([
  ['a formula at fault, with its place', () => save([widget('1 +')]), 400, 'formula-malformed'],
  ['a PoD of another', () => save([widget(`${STRANGER}.baseline`)]), 400, 'formula-malformed'],
  ['a widget twice', () => save([widget('1'), widget('1')]), 400, 'dashboard-malformed'],
  ['a kind that is none', () => save([widget('1', 'map')]), 400, 'input-malformed'],
  ['a program’s own', () => save([], AGG1, { isPrivate: true }), 403, 'forbidden'],
  ['a DSO', () => save([], 'dso'), 403, 'forbidden'],
])('of dashboards refuses %s, and nothing is written', async (_, call, status, code) => {
  const before = await trial.store.head();
  const answer = await call();
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await trial.store.head()).toBe(before);
});

it('what is one aggregator’s is none of another’s', async () => {
  await define('roofs', { podIds: [A] });
  await save([widget('roofs.baseline')]);
  const agg2 = 'aggregator:AGG2';
  for (const path of [ASSETS, DASHBOARDS]) {
    expect((await served.call(agg2, 'GET', path)).body.items).toEqual([]);
    expect((await served.call('operator', 'GET', path)).status).toBe(403);
  }
  const stolen = await series({ x: 'roofs.baseline' }, {}, agg2);
  expect(stolen.body.code).toBe('formula-malformed');
  const report = await served.call(agg2, 'GET', `${DASHBOARDS}/d1/widgets/w1/report?day=${DAY}`);
  expect(report.status).toBe(404);
});

it('stands again after a restart, as the log has it', async () => {
  await define('roofs', { podIds: [A] });
  await save([widget('roofs.baseline')]);
  await trial.restart();
  await served.close();
  served = await serveTrial(trial);
  expect((await served.call(AGG1, 'GET', ASSETS)).body.items).toMatchObject([{ assetId: 'roofs' }]);
  expect((await served.call(AGG1, 'GET', DASHBOARDS)).body.items).toMatchObject([
    { dashboardId: 'd1' },
  ]);
});
