/**
 * What a meter pushes: a DataNotification of DLMS (IEC 62056-5-3) whose data (A-XDR, IEC 61334-6) is a list of objects, each
 * its OBIS code, its value, and scale and unit. Codes are told as people write them: `1.8.0`.
 */

/** Values by the middle of their OBIS code (`1.8.0`), in their unit: Wh, varh, W. */
export type Notified = ReadonlyMap<string, number>;

/** Before what is said stands that it is, to whom and of which quality. */
const LLC = Buffer.from('e6e700', 'hex');
const DATA_NOTIFICATION = 0x0f;
const INVOKE_ID_BYTES = 4;
const OBIS_BYTES = 6;
/** Of a list in a list, and so on. */
const DEEPEST = 10;

/** @throws Error saying why it is none */
export function readNotification(said: Buffer): Notified {
  const apdu = said.subarray(0, LLC.length).equals(LLC) ? said.subarray(LLC.length) : said;
  const reader = { bytes: apdu, at: 0 };
  const tag = byteOf(reader);
  if (tag !== DATA_NOTIFICATION) throw new Error(`it is no DataNotification, but ${tag}`);
  take(reader, INVOKE_ID_BYTES);
  // When it was said, or nothing.
  take(reader, byteOf(reader));
  const found = new Map<string, number>();
  collect(dataOf(reader, 0), found);
  return found;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

type Data = null | boolean | number | Buffer | readonly Data[];

/** @throws Error where less is left */
function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new Error('it ends too early');
  const taken = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return taken;
}

const byteOf = (reader: Reader): number => take(reader, 1)[0]!;

/** Lengths from 128 on stand in so many bytes as the first one says. */
function lengthOf(reader: Reader): number {
  const first = byteOf(reader);
  if (first < 0x80) return first;
  const bytes = first & 0x7f;
  if (bytes === 0 || bytes > 4) throw new Error(`a length of ${bytes} bytes is none`);
  return take(reader, bytes).readUIntBE(0, bytes);
}

/** Types of numbers, by tag. */
const NUMBERS: Readonly<Record<number, [number, (bytes: Buffer) => number]>> = {
  5: [4, (bytes) => bytes.readInt32BE()],
  6: [4, (bytes) => bytes.readUInt32BE()],
  15: [1, (bytes) => bytes.readInt8()],
  16: [2, (bytes) => bytes.readInt16BE()],
  17: [1, (bytes) => bytes.readUInt8()],
  18: [2, (bytes) => bytes.readUInt16BE()],
  20: [8, (bytes) => Number(bytes.readBigInt64BE())],
  21: [8, (bytes) => Number(bytes.readBigUInt64BE())],
  22: [1, (bytes) => bytes.readUInt8()],
  23: [4, (bytes) => bytes.readFloatBE()],
  24: [8, (bytes) => bytes.readDoubleBE()],
};

function dataOf(reader: Reader, depth: number): Data {
  if (depth > DEEPEST) throw new Error('its lists stand too deep in each other');
  const tag = byteOf(reader);
  const number = NUMBERS[tag];
  if (number) return number[1](take(reader, number[0]));
  switch (tag) {
    case 0:
      return null;
    case 1:
    case 2: {
      const items: Data[] = [];
      for (let left = lengthOf(reader); left > 0; left -= 1) items.push(dataOf(reader, depth + 1));
      return items;
    }
    case 3:
      return byteOf(reader) !== 0;
    case 9:
    case 10:
    case 12:
      return take(reader, lengthOf(reader));
    case 25:
      return take(reader, 12);
    default:
      throw new Error(`data of type ${tag} is not known`);
  }
}

/**
 * Objects wherever they stand: `[code, value, [scale, unit]]` as a structure of its own, or one after another in a list that
 * has no structures, as meters of several makers do.
 */
function collect(data: Data, found: Map<string, number>): void {
  if (!Array.isArray(data)) return;
  const items = data as readonly Data[];
  items.forEach((item, index) => {
    collect(item, found);
    const code = obisOf(item);
    const value = items[index + 1];
    if (code === undefined || typeof value !== 'number') return;
    const scale = scaleOf(items[index + 2]);
    if (scale !== undefined) found.set(code, scaled(value, scale));
  });
}

/** `1.8.0` of electricity (1-0:1.8.0.255). */
function obisOf(item: Data): string | undefined {
  if (!Buffer.isBuffer(item) || item.length !== OBIS_BYTES || item[0] !== 1) return undefined;
  return [...item.subarray(2, 5)].join('.');
}

/** Power of ten; undefined where value and unit do not stand together. */
function scaleOf(item: Data | undefined): number | undefined {
  if (!Array.isArray(item) || item.length !== 2) return undefined;
  const [scale, unit] = item as readonly Data[];
  return typeof scale === 'number' && typeof unit === 'number' ? scale : undefined;
}

/** Exact where it can be: a tenth of a number is divided by ten. */
function scaled(value: number, scale: number): number {
  return scale < 0 ? value / 10 ** -scale : value * 10 ** scale;
}
