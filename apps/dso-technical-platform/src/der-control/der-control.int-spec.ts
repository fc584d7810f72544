/** DER control from REST to the algorithm at the broker, and its answer back into the log and out by REST. */
import { type TopicConnection, openTopicConnection } from '@flexledger/messaging';
import { TRIAL_SOURCES } from '../testing/dso-trial';
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let algorithm: TopicConnection;
let server: TopicConnection;
// What a topic says is looked at by each test.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const starts: any[] = [];

beforeAll(async () => {
  served = await serveDso();
  const { host, port } = served.trial.broker;
  const [, { username, token }] = TRIAL_SOURCES;
  server = openTopicConnection({
    ...{ host, port, clientId: username, username, token, subscribe: [] },
    onMessage: () => {},
  });
  algorithm = openTopicConnection({
    ...{ host, port, clientId: 'der-control', username: 'platform', token: 'platform-token' },
    subscribe: ['dso/feeder/der-control/start'],
    onMessage: (_, payload) => void starts.push(JSON.parse(payload.toString())),
  });
  await Promise.all([server.ready, algorithm.ready]);
});
afterAll(async () => {
  await server.close();
  await algorithm.close();
  await served.close();
});

const PATH = '/api/v1/grids/feeder/der-control';
const HORIZON = { from: '2026-03-17T10:00:00Z', mtuCount: 2 };
const start = (body: object = HORIZON, headers = {}) =>
  served.call('POST', PATH, 'dso', body, headers);
const answer = (message: object | string) =>
  server.publish(
    'dso/feeder/der-control',
    typeof message === 'string' ? message : JSON.stringify(message),
    { qos: 1, retain: false },
  );

async function until<Value>(ask: () => Promise<Value | undefined> | Value | undefined) {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    await served.trial.settle();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const started = (runId: string) => until(() => starts.find((one) => one.runId === runId));
const reported = (runId: string) =>
  until(async () => {
    const { body } = await served.call('GET', `${PATH}/${runId}`, 'auditor');
    return body.reportedAt === null ? undefined : body;
  });

it('a run without state and tariffs is started and told with none', async () => {
  const { status, body } = await start();
  expect(status).toBe(201);
  expect(await started(body.runId)).toEqual({
    ...{ runId: body.runId, gridId: 'feeder', from: '2026-03-17T10:00:00.000Z', mtuCount: 2 },
    ...{ estimateId: null, tariffsDigest: null, state: null, tariffs: [] },
  });
  const shown = (await served.call('GET', `${PATH}/${body.runId}`, 'dso')).body;
  expect(shown).toMatchObject({ ...body, reportedAt: null, setpoints: [] });
});

it('is the same run while state and tariffs are the same, and another under a new key', async () => {
  const [one, again] = [await start(), await start()];
  expect(again.body).toEqual(one.body);
  const keyed = await start(HORIZON, { 'idempotency-key': 'once more' });
  expect(keyed.body.runId).not.toBe(one.body.runId);
  const repeated = await start(HORIZON, { 'idempotency-key': 'once more' });
  expect(repeated.body).toEqual(keyed.body);
});

it('is given the state estimated last and the tariffs of its time; its answer is kept', async () => {
  const text = [
    'tariffId,zone,from,until,priceMicroEurPerKwh',
    'withdrawal,,2026-03-17T00:00:00Z,2026-03-17T10:15:00Z,42000',
    'withdrawal,,2026-03-17T10:15:00Z,2026-03-18T00:00:00Z,65000',
    'withdrawal,,2026-03-18T00:00:00Z,2026-03-19T00:00:00Z,1',
  ].join('\n');
  await served.call('POST', '/api/v1/grids/feeder/tariffs/import', 'dso', { source: 'a', text });
  const busbar = { id: 'busbar', kind: 'vmPu', bus: 'n0', value: 1.01, sigma: 0.001 };
  const estimate = await served.call('POST', '/api/v1/grids/feeder/state-estimates', 'dso', {
    ...{ at: '2026-03-16T09:15:00Z', measurements: [busbar] },
  });
  const { runId } = (await start()).body;
  const told = await started(runId);
  expect(told.state).toMatchObject({ estimateId: estimate.body.estimateId });
  expect(told.state.buses).toEqual(estimate.body.buses);
  expect(
    told.tariffs.map(
      ({ priceMicroEurPerKwh }: { priceMicroEurPerKwh: number }) => priceMicroEurPerKwh,
    ),
  ).toEqual([42_000, 65_000]);
  const battery = { resourceId: 'battery', powerW: [4_000, null], powerVar: [0, 500] };
  await answer({ runId, setpoints: [battery, { resourceId: 'pv', powerW: [-2_000, -1_500] }] });
  expect((await reported(runId)).setpoints).toEqual([
    battery,
    { resourceId: 'pv', powerW: [-2_000, -1_500], powerVar: [null, null] },
  ]);
  expect(await served.trial.typesLogged()).toEqual(
    expect.arrayContaining(['DerControlStarted', 'DerControlReported']),
  );
  const { items } = (await served.call('GET', `${PATH}?limit=1`, 'operator')).body;
  expect(items[0].runId).toBe(runId);
});

it('is answered in XML too', async () => {
  const { runId } = (await start({ ...HORIZON, mtuCount: 1 })).body;
  await answer(
    `<derControl><runId>${runId}</runId><setpoints><resourceId>ev 1</resourceId><powerW>7000</powerW></setpoints></derControl>`,
  );
  expect((await reported(runId)).setpoints).toEqual([
    { resourceId: 'ev 1', powerW: [7_000], powerVar: [null] },
  ]);
});

describe('an answer', () => {
  let runId: string;
  beforeAll(async () => {
    ({ runId } = (await start({ ...HORIZON, mtuCount: 3 })).body);
  });
  const ev = { resourceId: 'ev', powerW: [1, 2, 3] };

  it.each<[string, (id: string) => object, string]>([
    ['to no run', () => ({ runId: 'none', setpoints: [ev] }), 'There is no run none'],
    ['without run', () => ({ setpoints: [ev] }), 'runId must be'],
    ['without setpoints', (id) => ({ runId: id, setpoints: [] }), 'setpoints must hold one'],
    [
      'of another length',
      (id) => ({ runId: id, setpoints: [{ ...ev, powerW: [1] }] }),
      'has 1 values',
    ],
    [
      'that is no number',
      (id) => ({ runId: id, setpoints: [{ ...ev, powerW: [1, 2, 'full'] }] }),
      'powerW of ev must be whole numbers or null',
    ],
    ['with a resource twice', (id) => ({ runId: id, setpoints: [ev, ev] }), 'ev comes twice'],
    ['of nobody', (id) => ({ runId: id, setpoints: [{ powerW: [1] }] }), 'resourceId must'],
  ])('%s is refused by name', async (_, message, reason) => {
    const head = await served.trial.log.head();
    await answer(message(runId));
    const told = await until(() => served.trial.problems.find((one) => one.includes(reason)));
    expect(told).toContain('A message on dso/feeder/der-control is not taken');
    expect(await served.trial.log.head()).toBe(head);
  });

  it('that says something else than the one before is refused', async () => {
    await answer({ runId, setpoints: [ev] });
    await reported(runId);
    await answer({ runId, setpoints: [{ ...ev, powerW: [0, 0, 0] }] });
    await until(() => served.trial.problems.find((one) => one.includes('is answered already')));
    expect((await reported(runId)).setpoints).toMatchObject([ev]);
  });
});

it.each<[string, Actor | undefined, object, number, string]>([
  ['nobody', undefined, {}, 401, 'invalid-token'],
  ['an aggregator', 'aggregator:AGG1', {}, 403, 'forbidden'],
  ['not a quarter-hour', 'dso', { from: '2026-03-17T10:07:00Z' }, 400, 'input-malformed'],
  ['no quarter-hours', 'dso', { mtuCount: 0 }, 400, 'input-malformed'],
])('is not started: %s', async (_, by, change, status, code) => {
  const refused = await served.call('POST', PATH, by, { ...HORIZON, ...change });
  expect([refused.status, refused.body.code]).toEqual([status, code]);
});

it.each<[string, string, Actor | undefined, number]>([
  ['a run that is none', `${PATH}/none`, 'dso', 404],
  ['another grid', '/api/v1/grids/other/der-control', 'dso', 404],
  ['an aggregator', PATH, 'aggregator:AGG1', 403],
])('is not shown: %s', async (_, path, by, status) => {
  expect((await served.call('GET', path, by)).status).toBe(status);
});
