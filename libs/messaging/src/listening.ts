import type { Server } from 'node:net';

/** Names of this machine that nobody else reaches: there plain text may be spoken. */
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Whether what listens at this host is reached from this machine alone. */
export const isLoopbackHost = (host: string): boolean => LOOPBACK_HOSTS.includes(host);

export interface ListeningPlace {
  readonly host: string;
  readonly port: number;
  /** What listens there, with its article: `The MQTT broker`. */
  readonly what: string;
  /** By which another port is chosen: `--mqtt-port N`. */
  readonly chosenBy: string;
}

/** @throws Error naming the port, the reason and the remedy */
export function listen(server: Server, place: ListeningPlace): Promise<void> {
  const { host, port, what, chosenBy } = place;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(
        new Error(
          `${what} cannot listen on ${host}:${port}: ${reason}. ` +
            `Stop the program that holds the port, or choose another one with ${chosenBy}.`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
