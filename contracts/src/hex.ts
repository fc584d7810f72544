/**
 * SHA-256 digests are written bare in Flexledger's events (64 hex characters), and 0x-prefixed on
 * the chain. These two are the only places where one becomes the other.
 */

/** @throws RangeError when `hex` is not 64 lower-case hex characters; `name` says which one it is */
export function toBytes32(hex: string, name: string): string {
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new RangeError(
      `${name} is ${JSON.stringify(hex)}; it must be 32 bytes as 64 lower-case hex characters`,
    );
  }
  return `0x${hex}`;
}

/** The other way round, for values that the chain gave. */
export function fromBytes32(bytes32: string): string {
  return bytes32.slice(2);
}
