import { UsageError } from '@flexledger/command-line';
import { strFromU8, unzipSync } from 'fflate';

/** Most that the files of one archive may unpack to. */
const LIMIT_BYTES = 512 * 1024 * 1024;
/** What `fflate` says of bytes without a directory at their end. */
const CUT_SHORT = 'invalid zip data';

/** Whether bytes are a ZIP archive. */
export const isZip = (bytes: Buffer): boolean =>
  bytes.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));

/**
 * The texts in a ZIP archive, by name, folders left out.
 *
 * @param file its name, for errors.
 * @throws UsageError where the archive is damaged, too large, encrypted, or packed in a way other than
 *   deflated or stored.
 */
export function zipTexts(bytes: Buffer, file: string): { file: string; text: string }[] {
  let left = LIMIT_BYTES;
  try {
    const unpacked = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (name.endsWith('/')) return false;
        // Signatures are not looked at: a damaged entry is one without a name.
        if (name === '') throw new Error('its directory is damaged');
        left -= originalSize;
        if (left < 0) throw new Error('it is too large');
        return true;
      },
    });
    return Object.entries(unpacked).map(([name, content]) => ({
      file: `${file}:${name}`,
      text: strFromU8(content),
    }));
  } catch (error) {
    const { message } = error as Error;
    const reason = message === CUT_SHORT ? 'it is cut short' : message;
    throw new UsageError(
      `${file} cannot be unpacked: ${reason}. Give a whole ZIP archive without encryption.`,
    );
  }
}
