import { inflateRawSync } from 'node:zlib';
import { UsageError } from '@flexledger/command-line';

/** Most that the files of one archive may unpack to. */
const LIMIT_BYTES = 512 * 1024 * 1024;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/** Whether bytes are a ZIP archive. */
export const isZip = (bytes: Buffer): boolean =>
  bytes.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));

/**
 * The texts in a ZIP archive, by name, folders left out (PKWARE APPNOTE 6.3, without ZIP64 and
 * encryption).
 *
 * @param file its name, for errors.
 * @throws UsageError where the archive is damaged, too large, or packed in another way.
 */
export function zipTexts(bytes: Buffer, file: string): { file: string; text: string }[] {
  try {
    const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06'));
    if (end < 0 || bytes.readUInt32LE(end) !== DIRECTORY_END) throw new Error('it is cut short');
    const texts: { file: string; text: string }[] = [];
    let left = LIMIT_BYTES;
    let at = bytes.readUInt32LE(end + 16);
    for (let count = bytes.readUInt16LE(end + 10); count > 0; count -= 1) {
      if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('its directory is damaged');
      const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
      const name = bytes.toString('utf8', at + 46, nameEnd);
      if (!name.endsWith('/')) {
        const content = contentOf(bytes, at, left);
        left -= content.length;
        texts.push({ file: `${file}:${name}`, text: content.toString('utf8') });
      }
      at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
    return texts;
  } catch (error) {
    throw new UsageError(`${file} cannot be unpacked: ${(error as Error).message}.`);
  }
}

function contentOf(bytes: Buffer, entry: number, limit: number): Buffer {
  if (bytes.readUInt16LE(entry + 8) & 1) throw new Error('it is encrypted');
  const method = bytes.readUInt16LE(entry + 10);
  const packedSize = bytes.readUInt32LE(entry + 20);
  const header = bytes.readUInt32LE(entry + 42);
  const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  const packed = bytes.subarray(start, start + packedSize);
  if (packed.length < packedSize) throw new Error('it is cut short');
  if (method === STORED && packed.length <= limit) return packed;
  if (method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: Math.max(1, limit) });
  throw new Error(method === STORED ? 'it is too large' : `packing method ${method} is unknown`);
}
