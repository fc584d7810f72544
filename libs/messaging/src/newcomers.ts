/**
 * Connections that have not signed in, by address: who opens them without end takes no room from those that connect
 * from elsewhere.
 */
import type { Socket } from 'node:net';

export interface Newcomers {
  /** Counts a connection that has just been made; false where its address has too many already, and it is not counted. */
  arrive(socket: Socket): boolean;
  /** It has signed in, and counts no more. Those that close are forgotten by themselves. */
  settle(socket: Socket): void;
}

/** @param most of one address at once */
export function createNewcomers(most: number): Newcomers {
  // By port, which a socket of TLS has in common with the one below it.
  const portsOf = new Map<string, Set<number>>();
  const leave = (address: string, port: number): void => {
    const ports = portsOf.get(address);
    ports?.delete(port);
    if (ports?.size === 0) portsOf.delete(address);
  };
  return {
    arrive(socket) {
      const { remoteAddress: address = '', remotePort: port = 0 } = socket;
      const ports = portsOf.get(address) ?? new Set<number>();
      if (ports.size >= most) return false;
      portsOf.set(address, ports.add(port));
      socket.once('close', () => leave(address, port));
      return true;
    },
    settle: ({ remoteAddress = '', remotePort = 0 }) => leave(remoteAddress, remotePort),
  };
}
