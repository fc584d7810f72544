import { createServer } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { type Broker, type Refusal, startBroker } from './broker';
import { type DeviceConnection, openDeviceConnection, type ReceivedMessage } from './connection';
import { MAX_MESSAGE_BYTES } from './messages';
import { describeWithOpenssl, selfSigned } from '../testing/certificate.spec-suite';
import { allDevicesTopic, deviceTopic } from './topics';

// Goal: the broker lets each client do exactly what its role allows and loses no message. Method: a
// real broker on loopback; clients of the plain `mqtt` package, so that they can misbehave.

const POD = 'IT002E00000001';
const OTHER_POD = 'IT002E00000002';
const platform = { username: 'platform', token: 'platform-token' };
const carrier = { username: 'dso', token: 'carrier-token' };
const tokens = new Map([
  [POD, 'token-1'],
  [OTHER_POD, 'token-2'],
]);

let broker: Broker;
let refusals: Refusal[];
let nowMs = 0;
const clients: MqttClient[] = [];
const connections: DeviceConnection[] = [];

beforeEach(async () => {
  refusals = [];
  broker = await startBroker({
    port: 0,
    credentials: {
      ...{ platform, carriers: [carrier], tokenOf: (podId: string) => tokens.get(podId) },
      aggregators: [{ username: 'aggregator:A1', token: 'a1-token', aggregatorId: 'A1' }],
      sources: [{ username: 'pmu', token: 'source-token', topics: ['raw/bal/pmu'] }],
    },
    onRefused: (refusal) => refusals.push(refusal),
    clock: { nowMs: () => nowMs },
  });
});

afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await broker.close();
});

async function plainClient(options: IClientOptions): Promise<MqttClient> {
  const url = `mqtt://${broker.host}:${broker.port}`;
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options }, false);
  client.on('error', () => {}); // being cut off is what these tests provoke
  clients.push(client);
  return client;
}

const node = (podId = POD): Promise<MqttClient> =>
  plainClient({ clientId: podId, username: podId, password: tokens.get(podId)! });

async function platformService(received: ReceivedMessage[]): Promise<DeviceConnection> {
  const connection = openDeviceConnection({
    host: broker.host,
    port: broker.port,
    as: { ...platform, clientId: 'platform-test', subscribe: ['measurement', 'status'] },
    onMessage: (message) => received.push(message),
  });
  connections.push(connection);
  await connection.ready;
  return connection;
}

const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once('close', () => resolve()));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a broker whose platform does not listen yet', () => {
  it('lets the platform in at once, and nodes when it does', async () => {
    await broker.close();
    let listens = (): void => {};
    const nodesFrom = new Promise<void>((resolve) => (listens = resolve));
    const credentials = { platform, tokenOf: (podId: string) => tokens.get(podId) };
    broker = await startBroker({ port: 0, credentials, nodesFrom });
    let isIn = false;
    const early = node().then((client) => {
      isIn = true;
      return client;
    });
    const received: ReceivedMessage[] = [];
    await platformService(received);
    expect([isIn, broker.connectedClients()]).toEqual([false, 1]);
    listens();
    await (await early).publishAsync(deviceTopic(POD, 'measurement'), 'first', { qos: 1 });
    await until(() => received.length === 1);
  });
});

describe('signing in', () => {
  it.each([
    ['a wrong token', { clientId: POD, username: POD, password: 'token-2' }, 'wrong token'],
    ['no token', { clientId: POD, username: POD }, 'without a user and a token'],
    [
      "another node's client id",
      { clientId: OTHER_POD, username: POD, password: 'token-1' },
      'client id and user name differ',
    ],
    [
      'a PoD that is not enrolled',
      { clientId: 'IT002E99999999', username: 'IT002E99999999', password: 'x' },
      'not enrolled',
    ],
    ['a wrong platform token', { username: 'platform', password: 'x' }, 'wrong token'],
    [
      "the platform's user under a node's client id",
      { clientId: POD, username: 'platform', password: 'platform-token' },
      'belongs to a node',
    ],
  ])('with %s is refused', async (_name, options, reason) => {
    await expect(plainClient(options)).rejects.toThrow('Not authorized');
    expect(refusals).toEqual([
      expect.objectContaining({ reason: expect.stringContaining(reason) }),
    ]);
    expect(broker.connectedClients()).toBe(0);
  });
});

describe('guessing', () => {
  const guess = (clientId: string, password = 'guessed'): Promise<unknown> =>
    plainClient({ clientId, username: clientId, password }).then(
      () => 'let in',
      (error: Error) => error.message,
    );

  it('of one node is slowed, the right token included, told once a minute, and heard again', async () => {
    for (let tries = 0; tries < 5; tries += 1) expect(await guess(POD)).toContain('Not authorized');
    for (let tries = 0; tries < 20; tries += 1) {
      expect(await guess(POD, 'token-1')).toContain('Server unavailable');
    }
    expect(refusals.map(({ reason }) => reason)).toEqual([
      ...Array<string>(5).fill(`wrong token for PoD ${POD}`),
      expect.stringMatching(/^1 sign-ins are not heard, the last one from \S+: .* again in 1 s$/),
    ]);
    expect(await guess(OTHER_POD, 'token-2')).toBe('let in');
    nowMs += 1_000;
    expect(await guess(POD, 'token-1')).toBe('let in');
  });

  it('of many is slowed by its address, but keeps nobody out who was there before', async () => {
    expect(await guess(POD, 'token-1')).toBe('let in');
    for (let tries = 0; tries < 50; tries += 1)
      await guess(`IT002E9${String(tries).padStart(7, '0')}`);
    expect(await guess('IT002E98888888')).toContain('Server unavailable');
    expect(await guess(OTHER_POD, 'token-2')).toContain('Server unavailable');
    expect(await guess(POD, 'token-1')).toBe('let in');
    nowMs += 60_000;
    expect(await guess(OTHER_POD, 'token-2')).toBe('let in');
  });
});

describe('a node', () => {
  it.each([
    ["another PoD's measurement", deviceTopic(OTHER_POD, 'measurement')],
    ['what only the platform says', deviceTopic(POD, 'measurementAck')],
    ['a topic of the broker', '$SYS/anything'],
  ])('that publishes %s is cut off and heard by nobody', async (_name, topic) => {
    const received: ReceivedMessage[] = [];
    await platformService(received);
    const client = await node();
    const cut = closed(client);
    client.publish(topic, '{}', { qos: 1 }, () => {});
    await cut;
    expect(refusals).toEqual([{ clientId: POD, reason: `may not publish on ${topic}` }]);
    expect(received).toEqual([]);
  });

  it.each([allDevicesTopic('setpoint'), deviceTopic(OTHER_POD, 'setpoint'), '#', '$SYS/#'])(
    'may not subscribe to %s',
    async (filter) => {
      const client = await node();
      await expect(client.subscribeAsync(filter)).rejects.toThrow();
      expect(refusals).toEqual([{ clientId: POD, reason: `may not subscribe to ${filter}` }]);
    },
  );

  it('that publishes what it may not again and again is told of once a minute', async () => {
    for (let times = 0; times < 5; times += 1) {
      const client = await node();
      const cut = closed(client);
      client.publish('$SYS/anything', '{}', { qos: 1 }, () => {});
      await cut;
    }
    expect(refusals).toHaveLength(1);
  });

  it('that sends a packet above the limit is cut off', async () => {
    const client = await node();
    const cut = closed(client);
    const payload = Buffer.alloc(2 * MAX_MESSAGE_BYTES);
    client.publish(deviceTopic(POD, 'measurement'), payload, { qos: 1 }, () => {});
    await cut;
    expect(refusals[0]!.reason).toBe('sent a packet above 65536 bytes');
  });
});

describe('a carrier', () => {
  const dso = (clientId = 'dso-1'): Promise<MqttClient> =>
    plainClient({ clientId, username: 'dso', password: 'carrier-token' });

  it('sends setpoints and hears what nodes answer', async () => {
    const [client, light] = [await dso(), await node()];
    await client.subscribeAsync([allDevicesTopic('setpointAck'), allDevicesTopic('activation')]);
    await light.subscribeAsync(deviceTopic(POD, 'setpoint'));
    const heard = new Promise<string>((resolve) =>
      light.once('message', (topic) => resolve(topic)),
    );
    await client.publishAsync(deviceTopic(POD, 'setpoint'), '{}', { qos: 1 });
    expect(await heard).toBe(deviceTopic(POD, 'setpoint'));
    const answered = new Promise<string>((resolve) =>
      client.once('message', (topic) => resolve(topic)),
    );
    await light.publishAsync(deviceTopic(POD, 'setpointAck'), '{}', { qos: 1 });
    expect(await answered).toBe(deviceTopic(POD, 'setpointAck'));
    expect(refusals).toEqual([]);
  });

  it.each(['measurementAck', 'measurement', 'status'] as const)(
    'that publishes a %s is cut off',
    async (kind) => {
      const client = await dso();
      const cut = closed(client);
      client.publish(deviceTopic(POD, kind), '{}', { qos: 1 }, () => {});
      await cut;
      expect(refusals[0]!.reason).toBe(`may not publish on ${deviceTopic(POD, kind)}`);
    },
  );

  it.each([allDevicesTopic('measurement'), '#'])('may not subscribe to %s', async (filter) => {
    const client = await dso();
    await expect(client.subscribeAsync(filter)).rejects.toThrow();
    expect(refusals).toEqual([{ clientId: 'dso-1', reason: `may not subscribe to ${filter}` }]);
  });

  it('takes no node’s place, and none of a platform', async () => {
    await expect(dso(POD)).rejects.toThrow('Not authorized');
    const service = await plainClient({
      clientId: 'ours',
      username: 'platform',
      password: 'platform-token',
    });
    await expect(dso('ours')).rejects.toThrow('Not authorized');
    expect(service.connected).toBe(true);
  });

  it('keeps its place from a source, and takes its own again when it dials anew', async () => {
    const first = await dso();
    const meter = { clientId: 'dso-1', username: 'pmu', password: 'source-token' };
    await expect(plainClient(meter)).rejects.toThrow('Not authorized');
    expect(first.connected).toBe(true);
    expect(refusals.at(-1)!.reason).toBe("client id dso-1 is another user's");
    const cut = closed(first);
    await dso();
    await cut;
  });
});

describe('an aggregator', () => {
  const alfa = (clientId: string): Promise<MqttClient> =>
    plainClient({ clientId, username: 'aggregator:A1', password: 'a1-token' });

  it('says and hears its own two topics, by its systems and by a platform of its own', async () => {
    const [systems, own] = [await alfa('a1-systems'), await alfa('a1-platform')];
    const heard: string[] = [];
    for (const client of [systems, own]) client.on('message', (topic) => heard.push(topic));
    await own.subscribeAsync('aggregator/A1/series', { qos: 1 });
    await systems.subscribeAsync('aggregator/A1/series/answer', { qos: 1 });
    await systems.publishAsync('aggregator/A1/series', 'file', { qos: 1 });
    await own.publishAsync('aggregator/A1/series/answer', 'answer', { qos: 1 });
    await until(() => heard.length === 2);
    expect(heard).toEqual(['aggregator/A1/series', 'aggregator/A1/series/answer']);
  });

  it.each([
    'aggregator/A2/series',
    'aggregator/A1/other',
    deviceTopic(POD, 'setpoint'),
    deviceTopic(POD, 'measurement'),
    'raw/bal/pmu',
  ])('neither says nor hears %s', async (topic) => {
    const client = await alfa('a1-systems');
    await expect(client.subscribeAsync(topic)).rejects.toThrow();
    const cut = closed(client);
    client.publish(topic, 'x', { qos: 1 });
    await cut;
    expect(refusals.at(-1)!.clientId).toBe('a1-systems');
  });

  it.each(['aggregator/+/series', 'aggregator/#', '#', 'aggregator/A1/series/#'])(
    'hears no more by the filter %s',
    async (filter) => {
      const client = await alfa('a1-systems');
      await expect(client.subscribeAsync(filter)).rejects.toThrow();
    },
  );

  it('has its token, and takes no place of a node or of another user', async () => {
    await expect(
      plainClient({ username: 'aggregator:A1', password: 'carrier-token' }),
    ).rejects.toThrow('Not authorized');
    await expect(alfa(POD)).rejects.toThrow('Not authorized');
    await platformService([]);
    await expect(alfa('platform-test')).rejects.toThrow('Not authorized');
  });
});

describe('the broker', () => {
  it('speaks plain text on loopback only', async () => {
    const credentials = { platform, tokenOf: () => undefined };
    await expect(startBroker({ host: '0.0.0.0', port: 0, credentials })).rejects.toThrow(
      'Plain MQTT at 0.0.0.0 would leave this machine',
    );
  });

  it('names a port that is taken, and the remedy', async () => {
    const squatter = createServer();
    const port = await new Promise<number>((resolve) =>
      squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port)),
    );
    const start = startBroker({ port, credentials: { platform, tokenOf: () => undefined } });
    await expect(start).rejects.toThrow(
      `The MQTT broker cannot listen on 127.0.0.1:${port}: the port is in use. ` +
        'Stop the program that holds the port, or choose another one with --mqtt-port N.',
    );
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('gives its port free when closed, with clients connected', async () => {
    await node();
    const { port } = broker;
    await broker.close();
    broker = await startBroker({ port, credentials: { platform, tokenOf: () => undefined } });
    expect(broker.port).toBe(port);
  });

  it('delivers every message when retained ones are overtaken by plain ones', async () => {
    const received: ReceivedMessage[] = [];
    await platformService(received);
    const sender = await node();
    const topic = deviceTopic(POD, 'status');
    const sent = Array.from({ length: 200 }, (_, i) => i);
    await Promise.all(
      sent.map((i) => sender.publishAsync(topic, `${i}`, { qos: 0, retain: i % 2 === 0 })),
    );
    await until(() => received.length >= sent.length);
    const numbers = received.map(({ payload }) => Number(payload.toString()));
    expect(numbers.sort((a, b) => a - b)).toEqual(sent);
  });

  it('survives fifteen hundred nodes that say goodbye at once', async () => {
    const offline = new Set<string>();
    const service = openDeviceConnection({
      host: broker.host,
      port: broker.port,
      as: { ...platform, clientId: 'platform-test', subscribe: ['status'] },
      onMessage: ({ podId, payload }) => {
        if (payload.toString() === '{"online":false}') offline.add(podId);
      },
    });
    connections.push(service);
    await service.ready;
    const fleet = Array.from({ length: 1_500 }, (_, i) => `IT002E${10_000_000 + i}`);
    for (const podId of fleet) tokens.set(podId, podId);
    const nodes = fleet.map((podId) =>
      openDeviceConnection({
        host: broker.host,
        port: broker.port,
        as: { podId, token: podId },
        onMessage: () => {},
      }),
    );
    await Promise.all(nodes.map(({ ready }) => ready));
    await Promise.all(nodes.map((connection) => connection.close()));
    await until(() => offline.size === fleet.length && broker.connectedClients() === 1);
  }, 60_000);
});

describeWithOpenssl('with a certificate (made by openssl, if installed)', () => {
  it('speaks TLS, and a renewed certificate is shown to who comes next', async () => {
    await broker.close();
    const [first, second] = [selfSigned('first'), selfSigned('second')];
    broker = await startBroker({
      port: 0,
      tls: first,
      credentials: { platform, tokenOf: () => undefined },
    });
    const dial = (ca: string, problems: string[] = []): DeviceConnection => {
      const connection = openDeviceConnection({
        host: broker.host,
        port: broker.port,
        tls: { ca },
        as: { ...platform, clientId: `service-${connections.length}`, subscribe: [] },
        onMessage: () => {},
        onProblem: (problem) => problems.push(problem),
      });
      connections.push(connection);
      return connection;
    };
    const standing = dial(first.cert);
    await standing.ready;
    broker.renewCertificate(second);
    await dial(second.cert).ready;
    const distrusted: string[] = [];
    dial(first.cert, distrusted);
    await until(() => distrusted.length > 0);
    expect(distrusted[0]).toMatch(/self[- ]signed certificate|certificate/);
    expect(standing.isConnected()).toBe(true);
  });
});
