/**
 * Frames of HDLC as meters push them over a serial line (IEC 62056-46, frame format type 3): a flag, the length, two
 * addresses, a control byte, a checked header, what is said, a checksum, a flag. Nothing is escaped, so that a flag may stand
 * within: where a frame does not hold, the next flag is tried.
 */
const FLAG = 0x7e;
/** Format type 3 in the high four bits; a frame that goes on in the next has the bit after them. */
const FORMAT = 0xa;
const SEGMENTED = 0x08;
const LENGTH_BITS = 0x7ff;
const CHECKSUM_BYTES = 2;
const ADDRESS_BYTES_AT_MOST = 4;

/** What came of some bytes of a line. */
export interface FramesFound {
  /** What each whole and unharmed frame says, oldest first. */
  readonly said: readonly Buffer[];
  /** What may be the beginning of a frame; never more than one. */
  readonly rest: Buffer;
}

/** @param bytes what was left of before, and what came since */
export function framesIn(bytes: Buffer): FramesFound {
  const said: Buffer[] = [];
  let at = bytes.indexOf(FLAG);
  while (at >= 0) {
    const length = lengthAt(bytes, at);
    if (length === 'unknown' || (length !== undefined && at + length + 2 > bytes.length)) {
      return { said, rest: bytes.subarray(at) };
    }
    const information =
      length === undefined ? undefined : informationOf(bytes.subarray(at + 1, at + 1 + length));
    const isClosed = length !== undefined && bytes[at + 1 + length] === FLAG;
    if (information && isClosed) {
      said.push(information);
      // The flag that ends one may begin the next.
      at += 1 + length;
    } else at = bytes.indexOf(FLAG, at + 1);
  }
  return { said, rest: Buffer.alloc(0) };
}

/** Bytes between the flags; undefined where no frame begins there. */
function lengthAt(bytes: Buffer, flagAt: number): number | 'unknown' | undefined {
  if (flagAt + 3 > bytes.length) {
    const first = bytes[flagAt + 1];
    return first === undefined || first >> 4 === FORMAT ? 'unknown' : undefined;
  }
  const format = bytes.readUInt16BE(flagAt + 1);
  return format >> 12 === FORMAT ? format & LENGTH_BITS : undefined;
}

/** What a frame without its flags says; undefined where it is harmed, says nothing, or is a part of something. */
function informationOf(frame: Buffer): Buffer | undefined {
  if (frame.length < CHECKSUM_BYTES || !isChecked(frame) || frame[0]! & SEGMENTED) return undefined;
  const source = afterAddress(frame, 2);
  const control = source === undefined ? undefined : afterAddress(frame, source);
  if (control === undefined) return undefined;
  const header = control + 1 + CHECKSUM_BYTES;
  if (header + CHECKSUM_BYTES > frame.length || !isChecked(frame.subarray(0, header))) {
    return undefined;
  }
  return frame.subarray(header, -CHECKSUM_BYTES);
}

/** An address ends with the first byte that is odd. */
function afterAddress(frame: Buffer, at: number): number | undefined {
  for (let end = at; end < at + ADDRESS_BYTES_AT_MOST && end < frame.length; end += 1) {
    if (frame[end]! & 1) return end + 1;
  }
  return undefined;
}

/** True where the last two bytes are the checksum of those before. */
function isChecked(bytes: Buffer): boolean {
  const checksumAt = bytes.length - CHECKSUM_BYTES;
  return checksum(bytes.subarray(0, checksumAt)) === bytes.readUInt16LE(checksumAt);
}

/** The frame check sequence of ISO/IEC 13239 (CRC-16/X-25). */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return crc ^ 0xffff;
}
