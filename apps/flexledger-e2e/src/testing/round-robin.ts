import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** One address before several servers. */
export interface RoundRobin {
  readonly url: string;
  /** How many connections each server was given, in their order. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

/** Hands each connection on to the next of the servers, as a TCP load balancer does, at a free port of this machine. */
export async function roundRobin(urls: readonly string[]): Promise<RoundRobin> {
  const given = urls.map(() => 0);
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((near) => {
    const index = turn % urls.length;
    turn += 1;
    given[index]! += 1;
    const { hostname, port } = new URL(urls[index]!);
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
