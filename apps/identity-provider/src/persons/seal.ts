/** Personal fields under a person's own key: AES-256-GCM, bound to whose they are. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Who somebody is. */
export interface PersonFields {
  readonly name: string;
  readonly address: string | null;
  /** E-mail address or telephone number. */
  readonly contact: string | null;
  /** Connections that are the person's. */
  readonly podIds: readonly string[];
  /** The person's sign-in; null without one. */
  readonly userId: string | null;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A new key, 64 hex digits. */
export const newPersonKey = (): string => randomBytes(32).toString('hex');

/** Nonce, ciphertext and tag together, base64url. */
export function seal(fields: PersonFields, personId: string, keyHex: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), nonce);
  cipher.setAAD(Buffer.from(personId));
  const body = Buffer.concat([cipher.update(JSON.stringify(fields), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
}

/** @throws Error when the key or the person is another one, or a byte is */
export function unseal(sealed: string, personId: string, keyHex: string): PersonFields {
  const bytes = Buffer.from(sealed, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), nonce);
  decipher.setAAD(Buffer.from(personId));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  return JSON.parse(text) as PersonFields;
}
