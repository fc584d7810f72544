/**
 * How messages stand one after another on a TCP connection. A client chooses by its first byte, and is
 * answered likewise: 0 begins a message's length, of four bytes, the highest first; any other byte begins a line,
 * which ends with a line feed (before it a carriage return may stand). An empty message says that the client is
 * there, and nothing else.
 */
export type Framing = 'length' | 'line';

export interface FrameReader {
  /** What the client has chosen; undefined before its first byte. */
  readonly framing: Framing | undefined;
  /** True while a message has begun and not ended. */
  readonly isInside: boolean;
  /** Messages may be so long from now on, at most 16 MiB less one byte. */
  allow(maxBytes: number): void;
  /**
   * The messages that end in the next bytes of the connection, the empty ones left out.
   *
   * @throws MessageTooLong when one is, or announces to be, longer than allowed; then nothing more can be read
   */
  read(chunk: Buffer): Buffer[];
}

export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
  constructor(maxBytes: number) {
    super(`a message is longer than ${maxBytes} bytes`);
  }
}

/** Bytes of a length. A first byte other than 0 would be a length above any that is allowed. */
const LENGTH_BYTES = 4;
const LENGTH_MAX = 2 ** 24 - 1;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** @param longest how many bytes a message may have, at most 16 MiB less one */
export function createFrameReader(longest: number): FrameReader {
  let maxBytes = 0;
  const allow = (bytes: number): void => {
    if (bytes > LENGTH_MAX) throw new RangeError(`Messages may have ${LENGTH_MAX} bytes at most.`);
    maxBytes = bytes;
  };
  allow(longest);
  let framing: Framing | undefined;
  /** What has come of the message that has begun. */
  let parts: Buffer[] = [];
  let held = 0;

  function hold(part: Buffer): void {
    if (part.length === 0) return;
    parts.push(part);
    held += part.length;
  }
  function taken(): Buffer {
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [];
    held = 0;
    return whole;
  }

  function linesIn(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      hold(chunk.subarray(from, at));
      from = at + 1;
      const line = taken();
      const text = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
      if (text.length > maxBytes) throw new MessageTooLong(maxBytes);
      if (text.length > 0) lines.push(text);
    }
    hold(chunk.subarray(from));
    if (held > maxBytes + 1) throw new MessageTooLong(maxBytes);
    return lines;
  }

  function countedIn(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let rest = chunk;
    for (;;) {
      const missing = missingOf(parts, held, maxBytes);
      if (rest.length < missing) break;
      hold(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      if (missingOf(parts, held, maxBytes) > 0) continue;
      const message = taken().subarray(LENGTH_BYTES);
      if (message.length > 0) messages.push(message);
    }
    hold(rest);
    return messages;
  }

  return {
    get framing() {
      return framing;
    },
    get isInside() {
      return held > 0;
    },
    allow,
    read(chunk) {
      if (chunk.length === 0) return [];
      framing ??= chunk[0] === 0 ? 'length' : 'line';
      return framing === 'length' ? countedIn(chunk) : linesIn(chunk);
    },
  };
}

/** Bytes until the length is known, then until the message ends; 0 when it has. */
function missingOf(parts: Buffer[], held: number, maxBytes: number): number {
  if (held < LENGTH_BYTES) return LENGTH_BYTES - held;
  // The length came in one piece or in four: the first parts are joined once.
  if (parts[0]!.length < LENGTH_BYTES) parts.splice(0, parts.length, Buffer.concat(parts));
  const length = parts[0]!.readUInt32BE(0);
  if (length > maxBytes) throw new MessageTooLong(maxBytes);
  return LENGTH_BYTES + length - held;
}

/** A message as it goes over a connection. */
export function framed(message: string | Uint8Array, framing: Framing): Buffer {
  const body = Buffer.from(message as Uint8Array);
  if (framing === 'line') return Buffer.concat([body, Buffer.of(LINE_FEED)]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
