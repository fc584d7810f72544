import { createServer } from 'node:net';

/** Ports of this machine that nobody listens at just now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer();
      await new Promise<void>((resolve, reject) =>
        probe.once('error', reject).listen(0, '127.0.0.1', resolve),
      );
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

/** A port of this machine that nobody listens at just now. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}
