import type { Socket } from 'node:net';

/**
 * Sends what is written to a socket in one turn of the event loop together, in one call of the system. Between broker
 * and platform goes a small packet for each of very many nodes: a call for each of them costs more than the
 * packet.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  let isHeld = false;
  const hold = (): void => {
    if (isHeld) return;
    isHeld = true;
    socket.cork();
    setImmediate(() => {
      isHeld = false;
      socket.uncork();
    });
  };
  Object.assign(socket, {
    write(...given: unknown[]) {
      hold();
      return write(...given);
    },
  });
}
