import { type Sha256, emptyRoot, HASH_BYTES, nodeHasher, sameBytes } from './hashing';

/** That a leaf is in a tree. Sizes and indices are whole numbers below 2^53. */
export interface InclusionClaim {
  /** RFC 9162 leaf hash, 32 bytes. */
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  /** Lowest hash first. */
  readonly proof: readonly Uint8Array[];
}

/** That one tree is the beginning of another. */
export interface ConsistencyClaim {
  readonly firstSize: number;
  readonly firstRoot: Uint8Array;
  readonly secondSize: number;
  readonly secondRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the proof shows that the leaf stands at `index` in the tree of `size` leaves with `root`
 * (RFC 9162, 2.1.3.2). Malformed claims are false, never an exception.
 */
export function verifyInclusion(sha256: Sha256, claim: InclusionClaim): boolean {
  const { leafHash, index, size, root, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  const hashNode = nodeHasher(sha256);
  let position = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = hashNode(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && sameBytes(hash, root);
}

/**
 * Whether the proof shows that the tree with `secondRoot` begins with the tree with `firstRoot`
 * (RFC 9162, 2.1.4.2). The empty tree is the beginning of every tree, and a tree of itself; both
 * need an empty proof. Malformed claims are false, never an exception.
 */
export function verifyConsistency(sha256: Sha256, claim: ConsistencyClaim): boolean {
  const { firstSize, firstRoot, secondSize, secondRoot, proof } = claim;
  if (!isCount(firstSize) || !isCount(secondSize) || firstSize > secondSize) return false;
  if (![firstRoot, secondRoot, ...proof].every(isHash)) return false;
  if (firstSize === secondSize) return proof.length === 0 && sameBytes(firstRoot, secondRoot);
  if (firstSize === 0) return proof.length === 0 && sameBytes(firstRoot, emptyRoot(sha256));
  const path = isPowerOfTwo(firstSize) ? [firstRoot, ...proof] : proof;
  if (proof.length === 0) return false;
  return consistentAlong(sha256, claim, path);
}

function consistentAlong(
  sha256: Sha256,
  claim: ConsistencyClaim,
  path: readonly Uint8Array[],
): boolean {
  const hashNode = nodeHasher(sha256);
  let position = claim.firstSize - 1;
  let last = claim.secondSize - 1;
  while (position % 2 === 1) {
    position = half(position);
    last = half(last);
  }
  const [seed, ...siblings] = path;
  let first = seed!;
  let second = seed!;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      first = hashNode(sibling, first);
      second = hashNode(sibling, second);
      while (position % 2 === 0 && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      second = hashNode(second, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && sameBytes(first, claim.firstRoot) && sameBytes(second, claim.secondRoot);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: unknown): boolean {
  return bytes instanceof Uint8Array && bytes.length === HASH_BYTES;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value)) && 2 ** Math.log2(value) === value;
}
