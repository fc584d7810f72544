/** A wire between two processes that can be cut. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A port that leads to another one, for as long as the wire is whole. */
export interface Wire {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Ends all that goes over it; whoever calls is cut off at once. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Lays one to `http://127.0.0.1:PORT`. */
export async function layWire(url: string): Promise<Wire> {
  const port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  let isWhole = true;
  const server = createServer((near) => {
    if (!isWhole) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.once('close', () => sockets.delete(one) && other.destroy());
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isWhole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => void (isWhole = true),
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
