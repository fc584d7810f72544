import type { Register, RegisterType } from './meter-model';

/**
 * How a quantity stands in 16-bit Modbus registers: big-endian in each of them, the high word first unless
 * the model says otherwise.
 */
interface Codec {
  readonly words: number;
  /** What a device puts there when it has no number, by SunSpec and by most makers: all hex digits. */
  readonly notAvailable?: string;
  read(bytes: Buffer): number | bigint;
  write(bytes: Buffer, raw: number): void;
}

const codecs: Readonly<Record<RegisterType, Codec>> = {
  int16: {
    words: 1,
    notAvailable: '8000',
    read: (bytes) => bytes.readInt16BE(),
    write: (bytes, raw) => bytes.writeInt16BE(Math.round(raw)),
  },
  uint16: {
    words: 1,
    notAvailable: 'ffff',
    read: (bytes) => bytes.readUInt16BE(),
    write: (bytes, raw) => bytes.writeUInt16BE(Math.round(raw)),
  },
  uint32: {
    words: 2,
    notAvailable: 'ffffffff',
    read: (bytes) => bytes.readUInt32BE(),
    write: (bytes, raw) => bytes.writeUInt32BE(Math.round(raw)),
  },
  int32: {
    words: 2,
    notAvailable: '80000000',
    read: (bytes) => bytes.readInt32BE(),
    write: (bytes, raw) => bytes.writeInt32BE(Math.round(raw)),
  },
  int64: {
    words: 4,
    notAvailable: '8000000000000000',
    read: (bytes) => bytes.readBigInt64BE(),
    write: (bytes, raw) => bytes.writeBigInt64BE(BigInt(Math.round(raw))),
  },
  uint64: {
    words: 4,
    notAvailable: 'ffffffffffffffff',
    read: (bytes) => bytes.readBigUInt64BE(),
    write: (bytes, raw) => bytes.writeBigUInt64BE(BigInt(Math.round(raw))),
  },
  float32: {
    words: 2,
    read: (bytes) => bytes.readFloatBE(),
    write: (bytes, raw) => bytes.writeFloatBE(raw),
  },
};

/** How many of the base unit (Wh, varh, W) one of a unit is. */
const inBaseUnit: Readonly<Record<Register['unit'], number>> = {
  Wh: 1,
  kWh: 1_000,
  varh: 1,
  kvarh: 1_000,
  W: 1,
  kW: 1_000,
};

/** How many 16-bit registers a quantity takes. */
export function registerWords(register: Register): number {
  return codecs[register.type].words;
}

/**
 * The quantity in its base unit (Wh, varh, W), rounded to a whole number.
 *
 * @param words 16-bit registers from `register.address` on
 * @throws RangeError when the device gives no number, or one too large to be exact
 */
export function decodeRegister(register: Register, words: readonly number[]): number {
  const { words: length, notAvailable, read } = codecs[register.type];
  const bytes = Buffer.alloc(2 * length);
  inOrderOf(register, words.slice(0, length)).forEach((word, i) =>
    bytes.writeUInt16BE(word, 2 * i),
  );
  if (bytes.toString('hex') === notAvailable) {
    throw new RangeError(`the registers from ${register.address} on say that it is not available`);
  }
  const value = Math.round(Number(read(bytes)) * factorOf(register));
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`the registers from ${register.address} on hold no plausible number`);
  }
  return value;
}

/** The 16-bit registers that hold a quantity given in its base unit. */
export function encodeRegister(register: Register, value: number): number[] {
  const { words: length, write } = codecs[register.type];
  const bytes = Buffer.alloc(2 * length);
  write(bytes, value / factorOf(register));
  return inOrderOf(
    register,
    Array.from({ length }, (_, i) => bytes.readUInt16BE(2 * i)),
  );
}

/** From the order of the wire to that of the number, or back. */
function inOrderOf({ firstWord }: Register, words: readonly number[]): number[] {
  return firstWord === 'low' ? words.toReversed() : [...words];
}

function factorOf({ scale, unit }: Register): number {
  return scale * inBaseUnit[unit];
}
