/** What a connection of a node or a platform promises, whatever broker is behind it. */
import {
  type DeviceConnection,
  type DeviceConnectionOptions,
  type OpenDeviceConnection,
  type ReceivedMessage,
} from '../mqtt/connection';
import { NotConnected } from '../mqtt/topic-connection';

/** A broker that knows two nodes, and whoever connects to it. */
export interface BrokerUnderTest {
  /** Connects as a client of that name. */
  readonly connect: (name: string) => OpenDeviceConnection;
  /** Where it listens. */
  readonly address: Pick<DeviceConnectionOptions, 'host' | 'port'>;
  /** As whom platforms sign in. */
  readonly platform: { readonly username: string; readonly token: string };
  readonly tokenOf: (podId: string) => string;
  close(): Promise<void>;
}

const ONE = 'IT002E00000001';
const OTHER = 'IT002E00000002';
/** The nodes that the broker has to know. */
export const KNOWN_NODES: readonly string[] = [ONE, OTHER];

/** Declares the tests for one broker; `start` gives a new one each time. */
export function describeDeviceConnections(
  name: string,
  start: () => Promise<BrokerUnderTest>,
): void {
  describe(`${name} keeps the promises of device connections`, () => {
    let broker: BrokerUnderTest;
    const open: DeviceConnection[] = [];
    beforeEach(async () => void (broker = await start()));
    afterEach(async () => {
      await Promise.all(open.splice(0).map((connection) => connection.close()));
      await broker.close();
    });

    function connected(
      client: string,
      as: DeviceConnectionOptions['as'],
      heard: ReceivedMessage[] = [],
    ): DeviceConnection {
      const onMessage = (message: ReceivedMessage): void => void heard.push(message);
      const connection = broker.connect(client)({ ...broker.address, as, onMessage });
      open.push(connection);
      return connection;
    }
    const node = (podId: string, heard?: ReceivedMessage[]): DeviceConnection =>
      connected(podId, { podId, token: broker.tokenOf(podId) }, heard);
    const service = (clientId: string, heard?: ReceivedMessage[]): DeviceConnection =>
      connected(clientId, { ...broker.platform, clientId, subscribe: ['status'] }, heard);
    const until = async (condition: () => boolean): Promise<void> => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const texts = (heard: readonly ReceivedMessage[]): string[] =>
      heard.map(({ payload }) => payload.toString());

    it('every platform that listens hears a node, in its order', async () => {
      const [first, second]: [ReceivedMessage[], ReceivedMessage[]] = [[], []];
      await Promise.all([service('one', first).ready, service('two', second).ready]);
      const sender = node(ONE);
      await sender.ready;
      const words = [false, true, false];
      for (const online of words) await sender.publish(ONE, 'status', { online });
      await until(() => [first, second].every((heard) => heard.length === 4));
      for (const heard of [first, second]) {
        expect(texts(heard)).toEqual([true, ...words].map((online) => JSON.stringify({ online })));
        expect(heard.every(({ podId, kind }) => podId === ONE && kind === 'status')).toBe(true);
      }
    });

    it('what is for a node reaches it and no other', async () => {
      const [own, others]: [ReceivedMessage[], ReceivedMessage[]] = [[], []];
      await Promise.all([node(ONE, own).ready, node(OTHER, others).ready]);
      const sender = service('dso');
      await sender.ready;
      const ack = { sequence: 4, accepted: true };
      await sender.publish(ONE, 'measurementAck', [ack]);
      await sender.publish(OTHER, 'measurementAck', [ack, ack]);
      await until(() => own.length === 1 && others.length === 1);
      expect(texts(own)).toEqual([JSON.stringify(ack)]);
      expect(texts(others)).toEqual([JSON.stringify([ack, ack])]);
    });

    it('a node is online while it is connected, and a late listener hears the last word', async () => {
      const sender = node(ONE);
      await sender.ready;
      const heard: ReceivedMessage[] = [];
      await service('late', heard).ready;
      await until(() => heard.length === 1);
      await sender.close();
      await until(() => heard.length === 2);
      expect(texts(heard)).toEqual(['{"online":true}', '{"online":false}']);
    });

    it('nothing is published before a connection or after its end', async () => {
      const sender = node(ONE);
      const early = sender.publish(ONE, 'status', { online: true });
      await expect(early).rejects.toBeInstanceOf(NotConnected);
      await sender.ready;
      expect(sender.isConnected()).toBe(true);
      await sender.close();
      expect(sender.isConnected()).toBe(false);
      const late = sender.publish(ONE, 'status', { online: true });
      await expect(late).rejects.toBeInstanceOf(NotConnected);
    });
  });
}
