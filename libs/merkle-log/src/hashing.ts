/**
 * SHA-256 as the caller has it: Node's own in a service, a JavaScript one in the browser. It MUST
 * return 32 bytes that it does not write to again, and MUST NOT keep its argument, which is reused.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Length of a SHA-256 hash in bytes. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** The leaf hash over one reused buffer, for data of 32 bytes; of any other length it takes a new one. */
export function leafHasher(sha256: Sha256): (data: Uint8Array) => Uint8Array {
  const input = new Uint8Array(1 + HASH_BYTES);
  input[0] = LEAF_PREFIX;
  return (data) => {
    if (data.length !== HASH_BYTES) return leafHash(sha256, data);
    input.set(data, 1);
    return sha256(input);
  };
}

/** Hash of a leaf: SHA-256(0x00 || data) (RFC 9162, 2.1.1). */
export function leafHash(sha256: Sha256, data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length);
  input[0] = LEAF_PREFIX;
  input.set(data, 1);
  return sha256(input);
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162, 2.1.1). */
export type NodeHash = (left: Uint8Array, right: Uint8Array) => Uint8Array;

/** The node hash over one reused buffer: a tree computes as many of them as it has leaves. */
export function nodeHasher(sha256: Sha256): NodeHash {
  const input = new Uint8Array(1 + 2 * HASH_BYTES);
  input[0] = NODE_PREFIX;
  return (left, right) => {
    input.set(left, 1);
    input.set(right, 1 + HASH_BYTES);
    return sha256(input);
  };
}

/** The node hash of two that stand one after the other in 64 bytes. */
export function pairHasher(sha256: Sha256): (pair: Uint8Array) => Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_BYTES);
  input[0] = NODE_PREFIX;
  return (pair) => {
    input.set(pair, 1);
    return sha256(input);
  };
}

/** Root of the tree without leaves: SHA-256 of nothing (RFC 9162, 2.1.1). */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** @throws RangeError when `hash` is not 32 bytes; `name` says in the message which one it is */
export function assertHash(hash: Uint8Array, name: string): void {
  if (hash.length !== HASH_BYTES) {
    throw new RangeError(`${name} has ${hash.length} bytes; a SHA-256 hash has ${HASH_BYTES}`);
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
