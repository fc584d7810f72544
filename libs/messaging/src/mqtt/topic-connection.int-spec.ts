/** What is published settles whatever becomes of the connection: whoever waits for it would wait for ever. */
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { NotConnected, type TopicConnection, openTopicConnection } from './topic-connection';

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
/** Together more than the machine's buffers take. */
const MESSAGES = 200;
const MESSAGE = Buffer.alloc(256 * 1024);

let server: Server;
let sockets: Socket[];
let connection: TopicConnection;

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(CONNACK);
      // It reads nothing more.
      socket.pause();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connection = openTopicConnection({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ...{ clientId: 'test', username: 'test', token: 'test', subscribe: [] },
    gathersWrites: true,
    onMessage: () => {},
  });
  await connection.ready;
});
afterEach(async () => {
  await connection.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('of QoS 0, when the broker dies that has not read it', async () => {
  const published = Array.from({ length: MESSAGES }, () =>
    connection.publish('a/topic', MESSAGE, { qos: 0, retain: false }),
  );
  const settled = Promise.allSettled(published);
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const socket of sockets) socket.resetAndDestroy();
  const lost = (await settled).filter(({ status }) => status === 'rejected');
  expect(lost.length).toBeGreaterThan(0);
  for (const each of lost) {
    expect((each as PromiseRejectedResult).reason).toBeInstanceOf(NotConnected);
  }
});
