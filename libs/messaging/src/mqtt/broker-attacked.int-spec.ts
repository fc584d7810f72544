import { type Socket, connect as dial } from 'node:net';
import { type IClientOptions, type MqttClient, connect, connectAsync } from 'mqtt';
import { type Broker, type Refusal, startBroker } from './broker';
import { allDevicesTopic, deviceTopic } from './topics';

// Goal: whatever a node with a right token does, the broker holds a bounded amount for it, says so once, and serves the
// others. Method: a real broker on loopback, clients of `mqtt`, and sockets that write packets by hand (MQTT 3.1.1).

const POD = 'IT002E00000001';
const OTHER_POD = 'IT002E00000002';
const platform = { username: 'platform', token: 'platform-token' };
/** As the broker has it. */
const NEWCOMERS = 2_000;

let broker: Broker;
let refusals: Refusal[];
let nowMs = 0;
const clients: MqttClient[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  refusals = [];
  const tokenOf = (podId: string) => ([POD, OTHER_POD].includes(podId) ? 'token' : undefined);
  broker = await startBroker({
    port: 0,
    credentials: { platform, carriers: [{ username: 'dso', token: 'dso-token' }], tokenOf },
    onRefused: (refusal) => refusals.push(refusal),
    clock: { nowMs: () => nowMs },
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await broker.close();
});

async function client(options: IClientOptions): Promise<MqttClient> {
  const url = `mqtt://${broker.host}:${broker.port}`;
  const opened = await connectAsync(url, { reconnectPeriod: 0, ...options }, false);
  opened.on('error', () => {}); // being cut off is what these tests provoke
  clients.push(opened);
  return opened;
}
const node = (podId = POD, options: IClientOptions = {}): Promise<MqttClient> =>
  client({ clientId: podId, username: podId, password: 'token', ...options });
const service = (): Promise<MqttClient> =>
  client({ clientId: 'service', username: 'platform', password: 'platform-token' });

const closed = (one: MqttClient | Socket): Promise<void> =>
  new Promise((resolve) => one.once('close', () => resolve()));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function socket(localAddress = '127.0.0.1'): Promise<Socket> {
  const opened = dial({ host: broker.host, port: broker.port, localAddress });
  opened.on('error', () => {});
  sockets.push(opened);
  await new Promise<void>((resolve) => opened.once('connect', () => resolve()));
  opened.resume();
  return opened;
}

/** A socket that has signed in as the node. */
async function stolenNode(): Promise<Socket> {
  const stolen = await socket();
  stolen.write(CONNECT);
  await new Promise<void>((resolve) => stolen.once('data', () => resolve()));
  return stolen;
}

/** A packet of a first byte and a body of less than 16 KiB. */
function packet(first: number, ...body: readonly Uint8Array[]): Buffer {
  const { length } = Buffer.concat(body);
  return Buffer.concat([Uint8Array.of(first, (length & 0x7f) | 0x80, length >> 7), ...body]);
}
const text = (value: string): Buffer =>
  Buffer.concat([Uint8Array.of(value.length >> 8, value.length & 0xff), Buffer.from(value)]);
/** Clean, with user and password. */
const CONNECT = packet(
  0x10,
  text('MQTT'),
  Uint8Array.of(4, 0xc2, 0, 0),
  ...[POD, POD, 'token'].map(text),
);
const PINGREQ = Buffer.from([0xc0, 0]);
const openQos2 = (messageId: number): Buffer =>
  packet(0x34, text(deviceTopic(POD, 'anomaly')), Uint8Array.of(0, messageId), Buffer.from('{}'));

describe('a node with a right token', () => {
  it('that begins messages of QoS 2 and releases none is cut off', async () => {
    const stolen = await stolenNode();
    const cut = closed(stolen);
    stolen.write(Buffer.concat(Array.from({ length: 21 }, (_, index) => openQos2(index + 1))));
    await cut;
    await (await node()).publishAsync(deviceTopic(POD, 'status'), '{"online":true}', { qos: 2 });
  });

  it('that floods the broker is cut off, told once, and gains nothing by dialling anew', async () => {
    for (let dialled = 0; dialled < 3; dialled += 1) {
      const stolen = await stolenNode();
      const cut = closed(stolen);
      stolen.write(Buffer.concat(Array<Buffer>(dialled === 0 ? 2_000 : 2).fill(PINGREQ)));
      await cut;
    }
    expect(refusals).toEqual([
      { clientId: POD, reason: 'sends packets faster than they are taken; slow it down' },
    ]);
    expect(broker.refusals()).toBeGreaterThanOrEqual(3);
    await (await node(OTHER_POD)).publishAsync(deviceTopic(OTHER_POD, 'power'), '{}', { qos: 1 });
    nowMs += 1_000;
    await (await node()).publishAsync(deviceTopic(POD, 'power'), '{}', { qos: 1 });
  });

  it('that signs in again and again waits', async () => {
    for (let times = 0; times < 30; times += 1) await (await node()).endAsync(true);
    await expect(node()).rejects.toThrow('Server unavailable');
    await expect(node()).rejects.toThrow('Server unavailable');
    expect(refusals).toEqual([
      { clientId: POD, reason: 'signs in again and again; it is heard again in 2 s' },
    ]);
    expect(broker.refusals()).toBe(2);
    await node(OTHER_POD);
    nowMs += 2_000;
    await node();
  });

  it('has nothing retained but its status', async () => {
    const sender = await node();
    for (const kind of ['status', 'power', 'anomaly'] as const) {
      await sender.publishAsync(deviceTopic(POD, kind), '{}', { qos: 1, retain: true });
    }
    const heard: string[] = [];
    const late = await service();
    late.on('message', (topic) => heard.push(topic));
    await late.subscribeAsync('flexledger/+/#');
    await sender.publishAsync(deviceTopic(POD, 'power'), '{}', { qos: 1 });
    await until(() => heard.length === 2);
    expect(heard).toEqual([deviceTopic(POD, 'status'), deviceTopic(POD, 'power')]);
  });

  it('leaves no session behind for which messages would be kept', async () => {
    const first = await node(POD, { clean: false });
    await first.subscribeAsync(deviceTopic(POD, 'setpoint'), { qos: 1 });
    await first.endAsync();
    await (await service()).publishAsync(deviceTopic(POD, 'setpoint'), '{}', { qos: 1 });
    const heard: string[] = [];
    const second = await connectAsync(
      `mqtt://${broker.host}:${broker.port}`,
      { clientId: POD, username: POD, password: 'token', clean: false, reconnectPeriod: 0 },
      false,
    );
    clients.push(second);
    second.on('message', (topic) => heard.push(topic));
    // What a session had kept comes before the answer to this.
    await second.subscribeAsync(deviceTopic(POD, 'measurementAck'), { qos: 1 });
    expect(heard).toEqual([]);
  });

  it('but a bridge that calls itself as its user has what it asked to be kept while it was away', async () => {
    const as = { clientId: 'dso', username: 'dso', password: 'dso-token', clean: false };
    const acks = allDevicesTopic('setpointAck');
    const first = await client(as);
    await first.subscribeAsync(acks, { qos: 1 });
    await first.endAsync();
    await (await node()).publishAsync(deviceTopic(POD, 'setpointAck'), '{}', { qos: 1 });
    const second = connect(`mqtt://${broker.host}:${broker.port}`, { reconnectPeriod: 0, ...as });
    clients.push(second);
    const topic = await new Promise((resolve) => second.once('message', resolve));
    expect(topic).toBe(deviceTopic(POD, 'setpointAck'));
  });

  it('has no last will on a topic of others', async () => {
    const heard: string[] = [];
    const listening = await service();
    listening.on('message', (topic) => heard.push(topic));
    await listening.subscribeAsync('flexledger/+/#');
    const payload = Buffer.from('{"online":false}');
    for (const topic of [deviceTopic(OTHER_POD, 'status'), deviceTopic(POD, 'status')]) {
      const dying = await node(POD, { will: { topic, payload, qos: 1, retain: true } });
      const gone = closed(dying);
      dying.stream.destroy();
      await gone;
    }
    await until(() => heard.length > 0);
    expect(heard).toEqual([deviceTopic(POD, 'status')]);
    expect(refusals.map(({ reason }) => reason)).toEqual([
      `may not publish on ${deviceTopic(OTHER_POD, 'status')}`,
    ]);
  });
});

describe('somebody without a token', () => {
  it('is told of by no more than the begin of a name', async () => {
    const clientId = 'x'.repeat(20_000);
    await expect(client({ clientId, username: clientId, password: 'x' })).rejects.toThrow();
    expect(refusals).toEqual([
      {
        clientId: clientId.slice(0, 100),
        reason: 'has a client id of more than 100 characters',
      },
    ]);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('who opens connections without end takes nobody elsewhere a place', async () => {
    const storm: Socket[] = [];
    for (let count = 0; count < NEWCOMERS; count += 1) storm.push(await socket());
    const turnedAway = [await socket(), await socket()];
    await Promise.all(turnedAway.map(closed));
    expect(refusals).toEqual([
      {
        clientId: '',
        reason: `connections from 127.0.0.1 are turned away: ${NEWCOMERS} from there have not signed in`,
      },
    ]);
    const elsewhere = await socket('127.0.0.2');
    elsewhere.write(CONNECT);
    await until(() => broker.connectedClients() === 1);
    const ended = closed(storm[0]!);
    storm[0]!.destroy();
    await ended;
    await until(() => storm[0]!.closed);
    const late = await node(OTHER_POD).catch(() => node(OTHER_POD));
    expect(late.connected).toBe(true);
  });
});
