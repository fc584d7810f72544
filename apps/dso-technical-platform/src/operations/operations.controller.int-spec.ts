/** A data server says what it measures of the grid, over the broker: from message to message, and by REST. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { uuidFrom } from '@flexledger/identity';
import { type TopicConnection, openTopicConnection } from '@flexledger/messaging';
import { repositoryRoot } from '@flexledger/service-kit';
import { TRIAL_SOURCES } from '../testing/dso-trial';
import { type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let server: TopicConnection;
let tool: TopicConnection;
// What a topic says is looked at by each test.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const heard: { topic: string; message: any }[] = [];

beforeAll(async () => {
  served = await serveDso();
  const { host, port } = served.trial.broker;
  const [, { username, token }] = TRIAL_SOURCES;
  const sends = { host, port, clientId: username, username, token, subscribe: [] };
  server = openTopicConnection({ ...sends, onMessage: () => {} });
  tool = openTopicConnection({
    ...{ host, port, clientId: 'der-control', username: 'platform', token: 'platform-token' },
    subscribe: ['dso/feeder/state', 'dso/feeder/state/telegraf'],
    onMessage: (topic, payload) =>
      void heard.push({ topic, message: JSON.parse(payload.toString()) }),
  });
  await Promise.all([server.ready, tool.ready]);
});
afterAll(async () => {
  await server.close();
  await tool.close();
  await served.close();
});

async function until<Value>(
  ask: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    await served.trial.settle();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const say = (kind: string, message: object | string) =>
  server.publish(
    `dso/feeder/${kind}`,
    typeof message === 'string' ? message : JSON.stringify(message),
    { qos: 1, retain: false },
  );
const get = (at: string) => served.call('GET', at, 'dso');
const OPERATIONS = '/api/v1/grids/feeder/operations';
const ESTIMATES = '/api/v1/grids/feeder/state-estimates';
const latestOf = (id: string) =>
  until(async () =>
    (await get(OPERATIONS)).body.items.find((one: { id: string }) => one.id === id),
  );

const busbar = (value: number) => ({ id: 'busbar', kind: 'vmPu', bus: 'n0', value, sigma: 0.002 });
const feeder = (value: number) => ({
  ...{ id: 'feeder 1', kind: 'iKa', element: 'l1', side: 'from' },
  ...{ value, sigma: 0.001 },
});
const at = (second: number): string =>
  new Date(Date.parse('2026-03-16T08:45:00Z') + second * 1_000).toISOString();

it('nothing is shown before something was said', async () => {
  expect((await get(OPERATIONS)).body).toEqual({ items: [] });
});

it('SCADA says busbar voltages and branch currents every ten seconds, as JSON and as XML', async () => {
  await say('scada', { at: at(0), measurements: [busbar(1.01), feeder(0.02)] });
  await say('scada', { at: at(10), measurements: [busbar(1.03)] });
  await say(
    'scada',
    `<scada><at>${at(20)}</at><measurements><id>busbar</id><kind>vmPu</kind><bus>n0</bus>` +
      '<value>1.02</value><sigma>0.002</sigma></measurements></scada>',
  );
  const latest = await until(async () => {
    const one = await latestOf('busbar');
    return one.at === at(20) ? one : undefined;
  });
  expect(latest).toEqual({ ...busbar(1.02), source: 'scada', at: at(20) });
  expect(await latestOf('feeder 1')).toMatchObject({ element: 'l1', value: 0.02, at: at(0) });
});

it("meters' curves come by quarter-hour, withdrawal positive", async () => {
  const curve = { id: 'ss 7', bus: 'n2', powerW: [4_000, 5_000], powerVar: [400, 500] };
  await say('meters', { from: '2026-03-16T08:30:00Z', curves: [curve] });
  expect(await latestOf('ss 7 P')).toMatchObject({
    source: 'amr',
    bus: 'n2',
    value: -0.005,
    at: '2026-03-16T08:45:00.000Z',
  });
});

it('CIM measurements every quarter-hour make an estimate, which comes out at the broker', async () => {
  const rdf =
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="http://iec.ch/TC57/2013/CIM-schema-cim16#">' +
    '<cim:Analog rdf:ID="_a1"><cim:IdentifiedObject.name>substation</cim:IdentifiedObject.name>' +
    '<cim:Measurement.measurementType>Voltage</cim:Measurement.measurementType>' +
    '<cim:Measurement.unitMultiplier rdf:resource="http://iec.ch/TC57/2013/CIM-schema-cim16#UnitMultiplier.k"/>' +
    '<cim:Measurement.PowerSystemResource rdf:resource="#mv"/></cim:Analog>' +
    '<cim:AnalogValue rdf:ID="_v1"><cim:AnalogValue.value>20.4</cim:AnalogValue.value>' +
    `<cim:MeasurementValue.timeStamp>${at(600)}</cim:MeasurementValue.timeStamp>` +
    '<cim:MeasurementValue.sensorAccuracy>0.5</cim:MeasurementValue.sensorAccuracy>' +
    '<cim:AnalogValue.Analog rdf:resource="#_a1"/></cim:AnalogValue></rdf:RDF>';
  await say('measurements', rdf);
  const { message } = await until(() => heard.find(({ topic }) => topic === 'dso/feeder/state'));
  // The mean of the busbar's three values, the current, the CIM voltage; P and Q of the meter at n2.
  expect(message).toMatchObject({
    gridId: 'feeder',
    at: '2026-03-16T08:45:00.000Z',
    sources: { scada: 3, amr: 2 },
  });
  const { body } = await get(`${ESTIMATES}/latest`);
  const { estimatedAt, ...estimate } = body;
  expect(message).toEqual(estimate);
  const voltage = (busId: string): number =>
    message.buses.find((bus: { busId: string }) => bus.busId === busId).vmMicroPu / 1e6;
  expect(Math.abs(voltage('mv') - 1.02)).toBeLessThan(0.02);
  const telegraf = await until(() => heard.find(({ topic }) => topic.endsWith('/telegraf')));
  expect(telegraf.message.metrics[0]).toEqual({
    name: 'grid_state',
    tags: { grid: 'feeder', bus: 'mv' },
    fields: {
      vm_pu: voltage('mv'),
      va_degree: expect.any(Number),
      vm_sigma_pu: expect.any(Number),
      va_sigma_degree: expect.any(Number),
    },
    timestamp: Date.parse('2026-03-16T08:45:00Z') / 1_000,
  });
  expect(estimatedAt).toBeDefined();
});

it('an estimate that REST asks for counts what came in live', async () => {
  const asked = { at: '2026-03-16T08:30:00Z', measurements: [] };
  const { status, body } = await served.call('POST', ESTIMATES, 'dso', asked);
  expect([status, body.sources.amr]).toEqual([201, 2]);
});

it('weather is reported, and forecasts follow it', async () => {
  const hour = { globalIrradianceWPerM2: 412.5, temperatureC: 9.1, windSpeedMPerS: 2 };
  await say('weather', {
    source: 'met office',
    hours: [{ time: '2026-03-16T10:00:00Z', ...hour }],
  });
  const day = 'from=2026-03-16T00:00:00Z&to=2026-03-17T00:00:00Z';
  const shown = await until(async () => {
    const { items } = (await get(`/api/v1/grids/feeder/weather?${day}`)).body;
    return items.length > 0 ? items : undefined;
  });
  expect(shown).toEqual([{ time: '2026-03-16T10:00:00.000Z', ...hour }]);
});

it('a grant of the grid opens what tells of no single customer: no meters, no communities', async () => {
  const reader = 'aggregator:AGG1';
  const statuses = async () => {
    const paths = ['/api/v1/grids/feeder', ESTIMATES, OPERATIONS, '/balancing'];
    const answers = await Promise.all(paths.map((path) => served.call('GET', path, reader)));
    return answers.map(({ status }) => status);
  };
  expect(await statuses()).toEqual([403, 403, 403, 403]);
  const data = { source: 'grid', owner: 'dso', reader, dataSets: ['grid'], salt: 'ab'.repeat(16) };
  await served.trial.log.append('data-access-grid', 'any', [
    {
      ...{ id: uuidFrom('grant'), type: 'DataAccessGranted', schemaVersion: 1, actor: 'dso', data },
      ...{ occurredAt: at(0), correlationId: uuidFrom('grant'), causationId: uuidFrom('grant') },
    },
  ]);
  expect(await statuses()).toEqual([200, 200, 403, 403]);
});

it.each<[string, string, object | string, string]>([
  [
    'a place that is none',
    'scada',
    { at: at(30), measurements: [{ ...busbar(1), bus: 'n9' }] },
    'is of n9, which the published model does not have',
  ],
  ['no value', 'scada', { at: at(30), measurements: [{ ...busbar(1), value: 'high' }] }, 'value'],
  ['no instant', 'scada', { measurements: [busbar(1)] }, 'at must be an instant'],
  [
    'another day',
    'scada',
    { at: '2026-03-01T00:00:00Z', measurements: [busbar(1)] },
    'not of the last day',
  ],
  [
    'no quarter-hour',
    'meters',
    { from: '2026-03-16T08:31:00Z', curves: [] },
    'begin of a quarter-hour',
  ],
  [
    'a curve without place',
    'meters',
    { from: '2026-03-16T08:30:00Z', curves: [{ id: 'x', powerW: [1] }] },
    'must name its id and its bus',
  ],
  [
    'CIM without values',
    'measurements',
    '<rdf:RDF xmlns:rdf="r"><cim:Analog rdf:ID="_a"/></rdf:RDF>',
    'AnalogValue',
  ],
  ['no weather', 'weather', { hours: [{ time: 'noon' }] }, 'noon'],
  [
    'no model',
    'model',
    { model: { schema: 'flexledger-grid/1' } },
    'dso/feeder/model is not taken',
  ],
  ['no message', 'scada', 'on fire', 'is not taken'],
])('%s is refused by name: %s', async (_, kind, message, reason) => {
  const head = await served.trial.log.head();
  await say(kind, message);
  const told = await until(() => served.trial.problems.find((one) => one.includes(reason)));
  expect(told).toContain(`A message on dso/feeder/${kind} is not taken`);
  expect(await served.trial.log.head()).toBe(head);
});

it('the model comes every day, in CIM: the next forecasts and estimates are made with it', async () => {
  const folder = path.join(repositoryRoot(), 'apps/grid-cli/src/testing/cgmes');
  const parts = ['eq', 'ssh', 'tp'].map((part) =>
    readFileSync(path.join(folder, `feeder-${part}.xml`), 'utf8'),
  );
  const inside = (text: string): string => /<rdf:RDF[^>]*>([\s\S]*)<\/rdf:RDF>/.exec(text)![1]!;
  const [root] = /<rdf:RDF[^>]*>/.exec(parts[0]!)!;
  const before = (await get('/api/v1/grids/feeder')).body.digest;
  await served.call('PUT', '/api/v1/grids/feeder', 'dso', {
    model: (await get('/api/v1/grids/feeder')).body.model,
    limits: {
      vMinPerMille: 900,
      vMaxPerMille: 1_100,
      lineLimitA: {},
      transformerLimitPerMille: 1_000,
      note: 'open',
    },
  });
  await say('model', `${root}${parts.map(inside).join('')}</rdf:RDF>`);
  const published = await until(async () => {
    const { body } = await get('/api/v1/grids/feeder');
    return body.digest === before ? undefined : body;
  });
  expect(published.model.buses.length).toBeGreaterThan(1);
  expect(published.limits.note).toBe('open');
});

it('a data server says nothing on the topics of another', async () => {
  await expect(server.publish('raw/bal', '{}', { qos: 1, retain: false })).rejects.toThrow();
});

it.each<[string, 'aggregator:AGG1' | undefined, number]>([
  ['nobody', undefined, 401],
  ['an aggregator', 'aggregator:AGG1', 403],
])('is not shown to %s', async (_, by, status) => {
  expect((await served.call('GET', OPERATIONS, by)).status).toBe(status);
});
