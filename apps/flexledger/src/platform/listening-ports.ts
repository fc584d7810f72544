/** Where a process listens by its configuration, and whether it can. */
import { createServer } from 'node:net';
import { type Config, hasOwnBroker, runsAll } from '../config/config';

/** A port of this machine that a process is to listen at. */
export interface ListeningPort {
  readonly host: string;
  readonly port: number;
  /** How another one is chosen: the option, or the setting where there is none. */
  readonly chosenBy: string;
}

/** Those of a configuration; not those that are any free one (0). */
export function listeningPorts(config: Config): ListeningPort[] {
  const { accessLayer, dso, http, mqtt, chain, log, platforms } = config;
  const tcp = platforms.includes('blockchain-access-layer') ? accessLayer.tcp : undefined;
  const dsoTcp = platforms.includes('dso-technical-platform') ? dso.tcp : undefined;
  const hasGate = platforms.includes('certifier') && chain.rpcUrl === undefined && !runsAll(config);
  const loopback = '127.0.0.1';
  return [
    { host: http.host, port: http.port, chosenBy: '--port N' },
    ...(hasOwnBroker(config)
      ? [{ host: mqtt.host, port: mqtt.port, chosenBy: '--mqtt-port N' }]
      : []),
    ...(tcp ? [{ host: tcp.host, port: tcp.port, chosenBy: 'accessLayer.tcp.port' }] : []),
    ...(dsoTcp ? [{ host: dsoTcp.host, port: dsoTcp.port, chosenBy: 'dso.tcp.port' }] : []),
    ...(hasGate ? [{ host: loopback, port: chain.port, chosenBy: 'chain.port' }] : []),
    ...(log.port === undefined
      ? []
      : [{ host: loopback, port: log.port, chosenBy: '--log-port N' }]),
  ].filter(({ port }) => port !== 0);
}

/** Listens for a moment. @throws NodeJS.ErrnoException with the system's reason, as `EADDRINUSE` */
export async function tryPort({ host, port }: Pick<ListeningPort, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, host, () => resolve()),
  );
  await new Promise((resolve) => server.close(resolve));
}

/**
 * Asked before anything is made in a folder.
 *
 * @throws Error naming the port that is taken and how to choose another, with the system's reason as its cause
 */
export async function requirePortsFree(config: Config): Promise<void> {
  for (const one of listeningPorts(config)) {
    const { host, port, chosenBy } = one;
    await tryPort(one).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return;
      const reason = `Port ${port} at ${host} is taken; choose another with ${chosenBy}.`;
      throw new Error(reason, { cause });
    });
  }
}
