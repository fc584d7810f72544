import {
  type BrokerUnderTest,
  KNOWN_NODES,
  describeDeviceConnections,
} from '../testing/device-connection.spec-suite';
import { type Broker, startBroker } from './broker';
import { openDeviceConnection } from './connection';
import { NotConnected } from './topic-connection';

const platform = { username: 'platform', token: 'platform-token' };
const tokenOf = (podId: string): string => `token of ${podId}`;
const isNode = (name: string): boolean => KNOWN_NODES.includes(name);

const start = (): Promise<Broker> =>
  startBroker({
    port: 0,
    credentials: { platform, tokenOf: (podId) => (isNode(podId) ? tokenOf(podId) : undefined) },
  });

function underTest(
  broker: Broker,
  connect: BrokerUnderTest['connect'] = () => openDeviceConnection,
): BrokerUnderTest {
  const { host, port } = broker;
  return { connect, address: { host, port }, platform, tokenOf, close: () => broker.close() };
}

describeDeviceConnections('MQTT', async () => underTest(await start()));

describeDeviceConnections("a platform in its broker's process", async () => {
  const broker = await start();
  return underTest(broker, (name) => (isNode(name) ? openDeviceConnection : broker.connect));
});

describe("a platform in its broker's process", () => {
  const [podId] = KNOWN_NODES as [string];
  let broker: Broker;
  beforeEach(async () => void (broker = await start()));
  afterEach(() => broker.close());

  it('counts among the clients, loses one message to a fault, and is cut off with the broker', async () => {
    const problems: string[] = [];
    const heard: string[] = [];
    const { host, port } = broker;
    const connection = broker.connect({
      host,
      port,
      as: { ...platform, clientId: 'bal', subscribe: ['status'] },
      onProblem: (problem) => void problems.push(problem),
      onMessage({ payload }) {
        if (payload.toString().includes('false')) throw new Error('handler failed');
        heard.push(payload.toString());
      },
    });
    await connection.ready;
    expect(broker.connectedClients()).toBe(1);
    await connection.publish(podId, 'status', { online: false });
    await connection.publish(podId, 'status', { online: true });
    expect(problems).toEqual([expect.stringContaining('a message on flexledger/IT002E00000001')]);
    expect(heard).toEqual(['{"online":true}']);
    await broker.close();
    expect(connection.isConnected()).toBe(false);
    const late = connection.publish(podId, 'status', { online: true });
    await expect(late).rejects.toBeInstanceOf(NotConnected);
    await connection.close();
    expect(broker.connectedClients()).toBe(0);
  });
});
