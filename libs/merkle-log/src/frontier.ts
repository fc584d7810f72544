import {
  type NodeHash,
  type Sha256,
  assertHash,
  emptyRoot,
  HASH_BYTES,
  leafHash,
  nodeHasher,
} from './hashing';
import { assertSize } from './tree-shape';

const SIZE_BYTES = 8;

/**
 * The right edge of a Merkle tree (a compact range from 0): one hash per set bit of the size. It
 * is all that is needed to append leaves and to know the root, at 32 bytes a level; it gives no
 * proofs, which need a `MerkleTree`.
 */
export class MerkleFrontier {
  private leafCount = 0;
  /** Roots of the perfect subtrees the size consists of, largest first. */
  private readonly peaks: Uint8Array[] = [];

  private readonly hashNode: NodeHash;

  constructor(private readonly sha256: Sha256) {
    this.hashNode = nodeHasher(sha256);
  }

  /** Number of leaves. */
  get size(): number {
    return this.leafCount;
  }

  /** Appends a leaf and returns its index. */
  append(data: Uint8Array): number {
    return this.appendLeafHash(leafHash(this.sha256, data));
  }

  /** Appends a leaf whose RFC 9162 leaf hash is known, and returns its index. */
  appendLeafHash(hash: Uint8Array): number {
    assertHash(hash, 'the leaf hash');
    const index = this.leafCount;
    let node: Uint8Array = new Uint8Array(hash);
    for (let rest = index; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = this.hashNode(this.peaks.pop()!, node);
    }
    this.peaks.push(node);
    this.leafCount += 1;
    return index;
  }

  /** Root of all leaves so far. */
  root(): Uint8Array {
    return this.peaks.length === 0 ? emptyRoot(this.sha256) : foldPeaks(this.hashNode, this.peaks);
  }

  /** Size as 8 bytes, big-endian, then the hashes of the edge, largest subtree first. */
  serialise(): Uint8Array {
    const bytes = new Uint8Array(SIZE_BYTES + this.peaks.length * HASH_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.leafCount));
    this.peaks.forEach((peak, index) => bytes.set(peak, SIZE_BYTES + index * HASH_BYTES));
    return bytes;
  }

  /** @throws RangeError when the bytes are not what `serialise` wrote */
  static restore(sha256: Sha256, bytes: Uint8Array): MerkleFrontier {
    if (bytes.length < SIZE_BYTES) {
      throw new RangeError(`a stored Merkle frontier has 8 bytes or more, not ${bytes.length}`);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = Number(view.getBigUint64(0));
    assertSize(size, 'the size of the stored Merkle frontier');
    const length = SIZE_BYTES + bitsSet(size) * HASH_BYTES;
    if (bytes.length !== length) {
      throw new RangeError(
        `a stored Merkle frontier of size ${size} has ${length} bytes, not ${bytes.length}`,
      );
    }
    const frontier = new MerkleFrontier(sha256);
    frontier.leafCount = size;
    for (let offset = SIZE_BYTES; offset < length; offset += HASH_BYTES) {
      frontier.peaks.push(new Uint8Array(bytes.subarray(offset, offset + HASH_BYTES)));
    }
    return frontier;
  }
}

/** Root of a tree over `leaves` (their data, not their hashes), in one pass. */
export function merkleRoot(sha256: Sha256, leaves: Iterable<Uint8Array>): Uint8Array {
  const frontier = new MerkleFrontier(sha256);
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/** Root over one or more adjacent perfect subtrees, largest first: the right ones join first. */
export function foldPeaks(hashNode: NodeHash, peaks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(peaks.reduceRight((right, left) => hashNode(left, right)));
}

function bitsSet(size: number): number {
  return [...size.toString(2)].filter((bit) => bit === '1').length;
}
