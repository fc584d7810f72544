/**
 * SHA-256 as the caller has it: Node's own in a service, a JavaScript one in the browser. It MUST
 * return 32 bytes that it does not write to again, and MUST NOT keep its argument. What the log and
 * its proofs rest on is computed with it, so that the same code runs on both sides.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX_OF_BYTE[byte]!;
  return hex;
}

/** The bytes of hex text. @throws RangeError when it is no hex of whole bytes */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) {
    throw new RangeError(`"${hex}" is no hex of whole bytes`);
  }
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

const utf8 = new TextEncoder();

/** SHA-256 of UTF-8 text, as 64 lower-case hex characters. */
export function sha256Hex(sha256: Sha256, text: string): string {
  return toHex(sha256(utf8.encode(text)));
}

/**
 * SHA-256, hex, of a text in pieces, which may be longer together than a string can be. It holds
 * their bytes at once: who can hash piece by piece should.
 */
export function sha256HexOfPieces(sha256: Sha256, pieces: Iterable<string>): string {
  const encoded = Array.from(pieces, (piece) => utf8.encode(piece));
  const bytes = new Uint8Array(encoded.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of encoded) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return toHex(sha256(bytes));
}
