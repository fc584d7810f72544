/** A phasor measurement unit says its readings at the broker; their power is said again there, kept, and shown by REST. */
import { type TopicConnection, openTopicConnection } from '@flexledger/messaging';
import { TRIAL_SOURCES } from '../testing/dso-trial';
import { type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let pmu: TopicConnection;
let follower: TopicConnection;
const heard: { topic: string; message: { total: object } }[] = [];
let told = (): void => {};

beforeAll(async () => {
  served = await serveDso();
  const { host, port } = served.trial.broker;
  const at = { host, port };
  const [{ username, token }] = TRIAL_SOURCES;
  pmu = openTopicConnection({
    ...at,
    clientId: username,
    username,
    token,
    subscribe: [],
    onMessage: () => {},
  });
  follower = openTopicConnection({
    ...at,
    clientId: 'downstream',
    username: 'platform',
    token: 'platform-token',
    subscribe: ['processed/bal', 'processed/bal/+'],
    onMessage(topic, payload) {
      heard.push({ topic, message: JSON.parse(payload.toString()) });
      told();
    },
  });
  await Promise.all([pmu.ready, follower.ready]);
});
afterAll(async () => {
  await pmu.close();
  await follower.close();
  await served.close();
});

const untilHeard = async (count: number): Promise<void> => {
  while (heard.length < count) await new Promise<void>((resolve) => (told = resolve));
};
const untilTold = async (reason: string): Promise<string> => {
  for (;;) {
    const found = served.trial.problems.find((problem) => problem.includes(reason));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const say = (message: object | string, topic = 'raw/bal/pmu-1') =>
  pmu.publish(topic, typeof message === 'string' ? message : JSON.stringify(message), {
    qos: 1,
    retain: false,
  });

const phase = (voltageDegree: number, currentA = 10) => ({
  voltageV: 230,
  voltageDegree,
  currentA,
  currentDegree: voltageDegree - 30,
});
const reading = (second: number, change: object = {}) => ({
  device: 'pmu-1',
  at: `2026-03-16T00:00:0${second}.000Z`,
  frequencyHz: 50.01,
  phases: { L1: phase(0), L2: phase(-120), L3: phase(120, 20) },
  ...change,
});
const get = (path: string) => served.call('GET', path, 'dso');

it('none is shown before one was read', async () => {
  expect((await get('/api/v1/phasors')).body).toEqual({ items: [] });
  expect((await get('/api/v1/phasors/pmu-1')).status).toBe(404);
});

it('each second, P and Q stand beside the measured values: at the broker and by REST', async () => {
  for (let second = 0; second < 3; second += 1) await say(reading(second));
  await untilHeard(3);
  const [{ topic, message }] = heard as [(typeof heard)[0]];
  expect(topic).toBe('processed/bal/pmu-1');
  // 230 V times 10, 10 and 20 A, 30 degrees behind.
  expect(message).toMatchObject({
    device: 'pmu-1',
    frequencyHz: 50.01,
    phases: {
      L1: { ...phase(0), activeW: 1_991.858, reactiveVar: 1_150 },
      L3: { ...phase(120, 20), activeW: 3_983.717, reactiveVar: 2_300 },
    },
    total: { activeW: 7_967.434, reactiveVar: 4_600 },
  });
  const latest = await get('/api/v1/phasors');
  expect(latest.body.items).toEqual([heard[2]!.message]);
  const series = await get('/api/v1/phasors/pmu-1?from=2026-03-16T00:00:01Z');
  expect(series.body.items).toEqual(heard.slice(1).map((one) => one.message));
});

it('on the common topic the reading names its device; XML is read too', async () => {
  const [L1, L2, L3] = [phase(0), phase(-120), phase(120)].map((one) =>
    Object.entries(one)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join(''),
  );
  await say(
    `<reading><device>pmu-x</device><at>2026-03-16T00:00:00Z</at><phases><L1>${L1}</L1><L2>${L2}</L2>` +
      `<L3>${L3}</L3></phases></reading>`,
    'raw/bal',
  );
  await untilHeard(4);
  expect(heard[3]).toMatchObject({
    topic: 'processed/bal',
    message: { device: 'pmu-x', total: { reactiveVar: 3_450 } },
  });
});

it('the same reading again is said and kept once', async () => {
  await say(reading(2));
  await say(reading(3));
  await untilHeard(5);
  expect(heard[4]!.message).toMatchObject({ at: '2026-03-16T00:00:03.000Z' });
});

it.each<[string, object | string, string]>([
  [
    'a missing phase',
    reading(4, { phases: { L1: phase(0), L3: phase(120) } }),
    'phase L2 is missing; the power of three phases needs all of them',
  ],
  ['two of them', reading(4, { phases: { L1: phase(0) } }), 'phases L2, L3 are missing'],
  [
    'no voltage',
    reading(4, { phases: { ...reading(0).phases, L2: {} } }),
    'phases.L2.voltageV must be',
  ],
  ['no instant', reading(4, { at: 'now' }), 'at must be an instant'],
  ['another device than its topic', reading(4, { device: 'pmu-2' }), 'on the topic of pmu-1'],
  ['a clock ahead', reading(4, { at: '2036-03-16T00:00:00Z' }), 'set it right'],
  ['no message at all', '{"at"', 'neither JSON nor XML'],
])('%s is refused by name', async (_, message, reason) => {
  await served.trial.until(served.instance.clock.nowMs() + 61_000);
  const before = (await get('/api/v1/phasors')).body;
  await say(message);
  expect(await untilTold(reason)).toContain('raw/bal/pmu-1 is not processed');
  expect((await get('/api/v1/phasors')).body).toEqual(before);
});

it('a device publishes on its own topics alone', async () => {
  const refused = pmu.publish('raw/bal/pmu-2', '{}', { qos: 1, retain: false });
  await expect(refused).rejects.toThrow();
});

it.each<[string, string, 'aggregator:AGG1' | undefined, number]>([
  ['nobody', '/api/v1/phasors', undefined, 401],
  ['an aggregator', '/api/v1/phasors', 'aggregator:AGG1', 403],
])('are not shown to %s', async (_, path, by, status) => {
  expect((await served.call('GET', path, by)).status).toBe(status);
});
