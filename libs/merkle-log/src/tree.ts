import { foldPeaks } from './frontier';
import {
  type NodeHash,
  type Sha256,
  assertHash,
  emptyRoot,
  HASH_BYTES,
  leafHasher,
  nodeHasher,
  pairHasher,
} from './hashing';
import {
  BLOCK_HASHES,
  type HashBlocks,
  type HashRow,
  KeptHashRow,
  MemoryHashRow,
} from './hash-row';
import { type Tile, assertTile, TILE_LEVELS, tileWidthAt } from './tiles';
import { assertSize, perfectSubtrees, splitPoint } from './tree-shape';

/**
 * A Merkle tree that keeps the hash of every perfect subtree, in rows by level: 64 bytes a leaf, in memory
 * or, with `HashBlocks`, outside it. Roots, proofs and tiles can be had for the present size and for every earlier one; each costs at
 * most one walk over the levels.
 */
export class MerkleTree {
  /** `rows[level]` holds the roots of the perfect subtrees of 2^level leaves, left to right. */
  private readonly rows: HashRow[];

  private readonly hashLeaf: (data: Uint8Array) => Uint8Array;
  private readonly hashPair: (pair: Uint8Array) => Uint8Array;
  private readonly hashNode: NodeHash;

  /** An empty tree. @param blocks keeps what is complete of its rows; without it all is in memory */
  constructor(
    private readonly sha256: Sha256,
    private readonly blocks?: HashBlocks,
  ) {
    this.hashLeaf = leafHasher(sha256);
    this.hashPair = pairHasher(sha256);
    this.hashNode = nodeHasher(sha256);
    this.rows = [this.newRow(0)];
  }

  /**
   * The tree of `size` leaves whose full blocks are kept.
   *
   * @param lastLeafHashes the hashes of its last leaves that fill no block: `size` modulo 256 of them
   * @throws HashesMissing when a block is not there that this needs
   */
  static restore(
    sha256: Sha256,
    blocks: HashBlocks,
    size: number,
    lastLeafHashes: readonly Uint8Array[],
  ): MerkleTree {
    assertSize(size, 'the size of the kept tree');
    if (lastLeafHashes.length !== size % BLOCK_HASHES) {
      const given = `${lastLeafHashes.length} last leaf hashes are given`;
      throw new RangeError(`${given}; a tree of size ${size} needs ${size % BLOCK_HASHES}`);
    }
    const tree = new MerkleTree(sha256, blocks);
    for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / 2)) {
      const inBlocks = count - (count % BLOCK_HASHES);
      const row = (tree.rows[level] = new KeptHashRow(level, blocks, inBlocks));
      for (let index = inBlocks; index < count; index += 1) {
        row.push(level === 0 ? lastLeafHashes[index - inBlocks]! : tree.parent(level, index));
      }
    }
    return tree;
  }

  /** Number of leaves. */
  get size(): number {
    return this.rows[0]!.length;
  }

  /** Appends a leaf and returns its index. */
  append(data: Uint8Array): number {
    return this.appendLeafHash(this.hashLeaf(data));
  }

  /** Appends a leaf whose RFC 9162 leaf hash is known, and returns its index. */
  appendLeafHash(hash: Uint8Array): number {
    assertHash(hash, 'the leaf hash');
    const index = this.size;
    let node = hash;
    let level = 0;
    let position = index;
    while (position % 2 === 1) {
      const row = this.row(level);
      row.push(node);
      node = this.hashPair(row.pairAt(position - 1));
      position = (position - 1) / 2;
      level += 1;
    }
    this.row(level).push(node);
    return index;
  }

  /** RFC 9162 hash of leaf `index`. @throws RangeError when there is no such leaf */
  leafHashAt(index: number): Uint8Array {
    this.assertLeaf(index, this.size);
    return new Uint8Array(this.rows[0]!.at(index));
  }

  /** Root of the first `size` leaves. @throws RangeError when the tree is smaller */
  root(size = this.size): Uint8Array {
    this.assertWithin(size);
    return size === 0 ? emptyRoot(this.sha256) : this.rangeRoot(0, size);
  }

  /**
   * Proof that leaf `index` is in the tree of `size` leaves, lowest hash first (RFC 9162, 2.1.3.1).
   *
   * @throws RangeError when there is no such leaf, or the tree is smaller than `size`
   */
  inclusionProof(index: number, size = this.size): Uint8Array[] {
    this.assertWithin(size);
    this.assertLeaf(index, size);
    const proof: Uint8Array[] = [];
    let start = 0;
    let end = size;
    while (end - start > 1) {
      const middle = start + splitPoint(end - start);
      if (index < middle) {
        proof.push(this.rangeRoot(middle, end));
        end = middle;
      } else {
        proof.push(this.rangeRoot(start, middle));
        start = middle;
      }
    }
    return proof.reverse();
  }

  /**
   * Proof that the tree of `firstSize` leaves is the beginning of the one of `secondSize`, lowest
   * hash first (RFC 9162, 2.1.4.1). Empty when the sizes are equal or the first is 0.
   *
   * @throws RangeError when the first is larger than the second, or the second than the tree
   */
  consistencyProof(firstSize: number, secondSize = this.size): Uint8Array[] {
    this.assertWithin(secondSize);
    assertSize(firstSize, 'the first size');
    if (firstSize > secondSize) {
      throw new RangeError(`the first size, ${firstSize}, is above the second, ${secondSize}`);
    }
    if (firstSize === 0) return [];
    const proof: Uint8Array[] = [];
    let start = 0;
    let end = secondSize;
    while (firstSize !== end) {
      const middle = start + splitPoint(end - start);
      if (firstSize <= middle) {
        proof.push(this.rangeRoot(middle, end));
        end = middle;
      } else {
        proof.push(this.rangeRoot(start, middle));
        start = middle;
      }
    }
    // The verifier knows the first root, so it is told the last subtree only where that is a part.
    if (start > 0) proof.push(this.rangeRoot(start, end));
    return proof.reverse();
  }

  /**
   * The hashes of a tile, 32 bytes each, as C2SP tlog-tiles serves them.
   *
   * @throws RangeError when the tree does not have that tile in that width
   */
  tile(tile: Tile): Uint8Array {
    assertTile(tile);
    const widthPresent = tileWidthAt(this.size, tile.level, tile.index);
    if (tile.width > widthPresent) {
      throw new RangeError(
        `tile ${tile.level}/${tile.index} of width ${tile.width} is not complete yet: the tree of ` +
          `size ${this.size} has ${widthPresent} of its hashes`,
      );
    }
    const row = this.rows[tile.level * TILE_LEVELS]!;
    const bytes = new Uint8Array(tile.width * HASH_BYTES);
    for (let index = 0; index < tile.width; index += 1) {
      bytes.set(row.at(tile.index * 2 ** TILE_LEVELS + index), index * HASH_BYTES);
    }
    return bytes;
  }

  private rangeRoot(start: number, end: number): Uint8Array {
    const peaks = perfectSubtrees(start, end).map((node) => this.rows[node.level]!.at(node.index));
    return foldPeaks(this.hashNode, peaks);
  }

  private row(level: number): HashRow {
    return (this.rows[level] ??= this.newRow(level));
  }

  private newRow(level: number): HashRow {
    return this.blocks ? new KeptHashRow(level, this.blocks) : new MemoryHashRow();
  }

  /** Hash of the node at `index` of a level, from the level below. */
  private parent(level: number, index: number): Uint8Array {
    return this.hashPair(this.rows[level - 1]!.pairAt(2 * index));
  }

  private assertWithin(size: number): void {
    assertSize(size, 'the tree size');
    if (size > this.size) {
      throw new RangeError(`a tree of size ${size} is asked for; there are ${this.size} leaves`);
    }
  }

  private assertLeaf(index: number, size: number): void {
    assertSize(index, 'the leaf index');
    if (index >= size) {
      throw new RangeError(`leaf ${index} is asked for; the tree has size ${size}, counted from 0`);
    }
  }
}
