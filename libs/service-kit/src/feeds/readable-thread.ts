/** What the thread of `requireReadable` does: read a long message, and keep nothing of it. */
import { parseCgmesXml } from '../cgmes-xml';
import { isCim, payloadOf } from './payload';

/** @throws Error, CgmesXmlError saying why it cannot be read */
export function work(bytes: Uint8Array): void {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isCim(payload)) parseCgmesXml(payload.toString('utf8'), 'message');
  else payloadOf(payload);
}
