/**
 * What measures a grid, by TCP at a real access layer: phasors and CIM come out on the topics of a real broker as they came in,
 * for whoever may hear them, and nothing else does.
 */
import { type Broker, startBroker } from '@flexledger/messaging';
import { VirtualClock, freePort } from '@flexledger/runtime';
import { type MqttClient, connectAsync } from 'mqtt';
import {
  type TcpTestClient,
  tcpTestClient,
} from '../../../../libs/messaging/src/testing/tcp-client.spec-suite';
import { type AccessLayer, openAccessLayer } from '../access-layer';
import { BLOCKCHAIN_ACCESS_LAYER_POLICY } from '../policy';
import { FIRST_MTU_MS, type TestLog, openTestLog } from '../testing/field';

const PLATFORM = { username: 'platform', token: 'platform-token' };
const DSO = { username: 'dso', token: 'dso-token' };
const UNIT = { username: 'unit', token: 'unit-token', topics: ['raw/bal/pmu-1'] };
const SERVER = {
  username: 'server',
  token: 'server-token',
  topics: ['dso/rome/model', 'dso/rome/scada'],
};

const phases = Object.fromEntries(
  ['L1', 'L2', 'L3'].map((phase) => [
    phase,
    { voltageV: 230, voltageDegree: 0, currentA: 10, currentDegree: -10 },
  ]),
);
const reading = { topic: 'phasors', device: 'pmu-1', at: '2026-03-17T00:00:01Z', phases };
const readingXml = `<phasors><device>pmu-1</device><at>2026-03-17T00:00:02Z</at><phases>${Object.entries(
  phases,
)
  .map(
    ([phase, members]) =>
      `<${phase}>${Object.entries(members)
        .map(([member, value]) => `<${member}>${value}</${member}>`)
        .join('')}</${phase}>`,
  )
  .join('')}</phases></phasors>`;
/** As large as a town's. */
const cim = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="http://iec.ch/TC57/CIM100#">${Array.from(
  { length: 2_000 },
  (_, bus) =>
    `<cim:TopologicalNode rdf:ID="_n${bus}"><cim:IdentifiedObject.name>bus ${bus}</cim:IdentifiedObject.name></cim:TopologicalNode>`,
).join('')}</rdf:RDF>`;

let log: TestLog;
let broker: Broker;
let layer: AccessLayer;
let dso: MqttClient;
let problems: string[];
const heard: [string, string][] = [];
const clients: TcpTestClient[] = [];

beforeAll(async () => {
  problems = [];
  const clock = new VirtualClock(FIRST_MTU_MS);
  log = openTestLog(clock);
  broker = await startBroker({
    port: 0,
    credentials: {
      platform: PLATFORM,
      carriers: [DSO],
      sources: [UNIT, SERVER],
      tokenOf: () => undefined,
    },
  });
  layer = await openAccessLayer({
    log: log.store,
    clock,
    timers: clock,
    instance: '1',
    broker: { host: broker.host, port: broker.port, ...PLATFORM },
    tcp: { port: await freePort(), nodeToken: () => 'none', sources: [UNIT, SERVER] },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: (problem) => problems.push(problem),
  });
  await layer.ready;
  dso = await connectAsync({
    ...{ host: broker.host, port: broker.port, protocol: 'mqtt', clientId: 'dso-feeds' },
    ...{ username: DSO.username, password: DSO.token },
  });
  dso.on('message', (topic, payload) => heard.push([topic, payload.toString()]));
  await dso.subscribeAsync(['raw/bal/+', 'dso/rome/+'], { qos: 1 });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await dso.endAsync(true);
  await layer.close();
  await broker.close();
  await log.remove();
});
beforeEach(() => {
  heard.length = 0;
  problems.length = 0;
});

async function signedIn({ username, token }: typeof UNIT): Promise<TcpTestClient> {
  const as = { username, token };
  const client = await tcpTestClient({ port: layer.tcp!.port, framing: 'length', as });
  clients.push(client);
  expect(await client.answer(0)).toEqual({ signedIn: true });
  return client;
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('a phasor measurement unit is heard on its topic, as JSON and as XML', async () => {
  const unit = await signedIn(UNIT);
  unit.send(reading);
  unit.send(readingXml);
  await until(() => heard.length === 2);
  expect(heard).toEqual([
    ['raw/bal/pmu-1', JSON.stringify(reading)],
    ['raw/bal/pmu-1', readingXml],
  ]);
  expect(problems).toEqual([]);
});

it('the topology of a grid comes as CIM, longer than any message of a meter', async () => {
  expect(cim.length).toBeGreaterThan(200_000);
  const server = await signedIn(SERVER);
  server.send(cim);
  await until(() => heard.length === 1);
  expect(heard).toEqual([['dso/rome/model', cim]]);
});

it.each<[string, typeof UNIT, string | object, string]>([
  ['a reading of another unit', UNIT, { ...reading, device: 'pmu-2' }, 'on no topic of unit'],
  ['a reading without a phase', UNIT, { ...reading, phases: {} }, 'phases L1, L2, L3 are missing'],
  ['a topic that is not its own', UNIT, cim, '"model" is on no topic of unit'],
  ['CIM that is cut short', SERVER, cim.slice(0, -20), 'is not well-formed XML'],
  ['what names no topic', SERVER, { at: reading.at }, 'it names no topic'],
])('%s is not passed on, and that is told', async (_, source, message, reason) => {
  const client = await signedIn(source);
  client.send(message);
  await until(() => problems.some((problem) => problem.includes(reason)));
  expect(heard).toEqual([]);
});

it('a source signs in with its own token alone, and its messages are none of a node', async () => {
  const as = { username: UNIT.username, token: SERVER.token };
  const client = await tcpTestClient({ port: layer.tcp!.port, as });
  expect(await client.answer(0)).toMatchObject({ closed: true });
  await client.closed;
  expect(await log.events()).toEqual([]);
});
