import { keccak256Into } from './keccak';

const ANY_CASE = /^0x[0-9a-fA-F]{40}$/;
const MIXED_CASE = /[A-F].*[a-f]|[a-f].*[A-F]/;

/**
 * An account's address with its checksum (ERC-55): the letters of a 0x-prefixed address whose digit in
 * Keccak-256 of its lower-case text is 8 or more stand in upper case.
 *
 * @throws TypeError when it is no address, or its letters have both cases and not those of its checksum
 */
export function checksumAddress(address: string): string {
  if (!ANY_CASE.test(address)) {
    throw new TypeError(`"${address}" is no address; it must be 0x and 40 hex characters`);
  }
  const digits = address.slice(2).toLowerCase();
  const hash = new Uint8Array(32);
  keccak256Into(hash, 0, new TextEncoder().encode(digits), 0, digits.length);
  const checked = [...digits].map((digit, at) => {
    const half = at % 2 === 0 ? hash[at >> 1]! >> 4 : hash[at >> 1]! & 0x0f;
    return half >= 8 ? digit.toUpperCase() : digit;
  });
  const checksummed = `0x${checked.join('')}`;
  if (MIXED_CASE.test(address.slice(2)) && checksummed !== address) {
    throw new TypeError(`"${address}" does not have its checksum; a letter of it was mistyped`);
  }
  return checksummed;
}
