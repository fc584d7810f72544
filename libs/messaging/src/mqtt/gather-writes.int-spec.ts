import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { gatherWrites } from './gather-writes';

it('sends in order and together what is written in one turn of the event loop', async () => {
  const chunks: string[] = [];
  const server = createServer((peer) => peer.on('data', (chunk) => chunks.push(String(chunk))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = await new Promise<Socket>((resolve) => {
    const opened: Socket = connect(port, '127.0.0.1', () => resolve(opened));
  });
  let calls = 0;
  const writev = socket._writev!.bind(socket);
  socket._writev = (parts, done) => {
    calls += 1;
    writev(parts, done);
  };
  gatherWrites(socket);
  socket.write('a');
  socket.write('b');
  await new Promise<void>((resolve) => process.nextTick(resolve));
  socket.write('c');
  await new Promise<void>((resolve) => setTimeout(resolve, 5));
  expect(calls).toBe(1);
  await new Promise<void>((resolve) => socket.write('d', () => resolve()));
  socket.end();
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  expect(chunks.join('')).toBe('abcd');
  await new Promise((resolve) => server.close(resolve));
});
