import type { Socket } from 'node:net';

/** What a client may send. */
export interface PacketLimits {
  /** Asked for each packet: a client that has signed in may send more than one that has not. */
  readonly maxBytes: () => number;
  /** Told of each packet as it begins; false where there are too many. */
  readonly mayBegin: () => boolean;
}

/** What a client has sent against its limits. */
export type PacketFault = 'too-large' | 'too-many';

/**
 * Bounds the MQTT packets a client may send. The broker's parser collects a packet of up to 256 MiB
 * before it looks at it; here only the fixed header is followed (MQTT 3.1.1, section 2.2.3: a byte of
 * type, then the remaining length in 7-bit groups), and a connection that announces more is cut, as is one that sends
 * too many.
 *
 * Call it after the broker has taken the socket: the broker reads on `readable`, and `data` then
 * shows each chunk as it is read without switching the socket to flowing mode.
 */
export function limitPackets(
  socket: Socket,
  limits: PacketLimits,
  onFault: (fault: PacketFault) => void,
): void {
  const faultOf = packetGuard(limits);
  socket.on('data', (chunk: Buffer) => {
    const fault = faultOf(chunk);
    if (fault === undefined) return;
    onFault(fault);
    socket.destroy();
  });
}

/** Says of each chunk of a connection, in order, whether it goes beyond the limits. */
export function packetGuard({
  maxBytes,
  mayBegin,
}: PacketLimits): (chunk: Uint8Array) => PacketFault | undefined {
  let bodyLeft = 0;
  /** Bytes of the fixed header read so far; 0 when the next byte is a packet's first. */
  let headerBytes = 0;
  let length = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at++]!;
      if (headerBytes++ === 0) {
        if (!mayBegin()) return 'too-many';
        length = 0;
        continue;
      }
      length += (byte & 0x7f) * 128 ** (headerBytes - 2);
      if (length > maxBytes() || headerBytes > 5) return 'too-large';
      if (byte < 0x80) {
        bodyLeft = length;
        headerBytes = 0;
      }
    }
    return undefined;
  };
}
