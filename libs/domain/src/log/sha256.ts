/**
 * SHA-256 as the caller has it: Node's own in a service, a JavaScript one in the browser. It MUST
 * return 32 bytes that it does not write to again, and MUST NOT keep its argument. What the log and
 * its proofs rest on is computed with it, so that the same code runs on both sides.
 */
export interface Sha256 {
  (bytes: Uint8Array): Uint8Array;
  /** The same of UTF-8 text, hex, where the caller can hash a text without a copy of its bytes. */
  readonly hexOfText?: (text: string) => string;
}

const NO_DIGIT = 16;
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX_OF_BYTE[byte]!;
  return hex;
}

/** By character code: the value of a hex digit; all others are `NO_DIGIT`. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : NO_DIGIT;
});

const digitAt = (hex: string, at: number): number => DIGITS[hex.charCodeAt(at)] ?? NO_DIGIT;

/** The bytes of hex text. @throws RangeError when it is no hex of whole bytes */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  // A value that is no digit has bits that no digit has, whichever half of a byte it is in.
  let seen = hex.length % 2 === 0 ? 0 : NO_DIGIT;
  for (let at = 0; at < bytes.length; at += 1) {
    const high = digitAt(hex, 2 * at);
    const low = digitAt(hex, 2 * at + 1);
    seen |= high | low;
    bytes[at] = (high << 4) | low;
  }
  if (seen >= NO_DIGIT) throw new RangeError(`"${hex}" is no hex of whole bytes`);
  return bytes;
}

const utf8 = new TextEncoder();

/** SHA-256 of UTF-8 text, as 64 lower-case hex characters. */
export function sha256Hex(sha256: Sha256, text: string): string {
  return sha256.hexOfText?.(text) ?? toHex(sha256(utf8.encode(text)));
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
