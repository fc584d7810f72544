import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '@flexledger/identity';

/** Whether a token that was given is the right one. Compares in constant time; hashing makes the lengths equal. */
export function isToken(given: Uint8Array, token: string): boolean {
  return timingSafeEqual(sha256(given), sha256(token));
}
