import { HASH_BYTES } from './hashing';

/** Hashes in one block: 8 KiB, so that growing copies nothing and wastes at most that much. */
export const BLOCK_HASHES = 256;

/** A growing list of 32-byte hashes. */
export interface HashRow {
  readonly length: number;
  /** Copies `hash` to the end. */
  push(hash: Uint8Array): void;
  /** The hash at `index`, which the caller knows to be there; a view, not to be written to. */
  at(index: number): Uint8Array;
  /** As `at`, the hashes at an even `index` and at the one after it, in 64 bytes. */
  pairAt(index: number): Uint8Array;
}

/** A list in blocks of bytes in memory, without an object per hash. */
export class MemoryHashRow implements HashRow {
  private readonly blocks: Uint8Array[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(hash: Uint8Array): void {
    const slot = this.count % BLOCK_HASHES;
    if (slot === 0) this.blocks.push(new Uint8Array(BLOCK_HASHES * HASH_BYTES));
    this.blocks[this.blocks.length - 1]!.set(hash, slot * HASH_BYTES);
    this.count += 1;
  }

  at(index: number): Uint8Array {
    return hashesIn(this.blocks[Math.floor(index / BLOCK_HASHES)]!, index, 1);
  }

  pairAt(index: number): Uint8Array {
    return hashesIn(this.blocks[Math.floor(index / BLOCK_HASHES)]!, index, 2);
  }
}

/** Where the full blocks of a tree's rows are kept, outside the process's memory. */
export interface HashBlocks {
  /** Takes a full block, which is written to no more; the same again changes nothing. */
  write(level: number, block: number, hashes: Uint8Array): void;
  /** A block that was written. @throws HashesMissing */
  read(level: number, block: number): Uint8Array;
}

/** Hashes that were kept are there no more; they can be computed again from the log. */
export class HashesMissing extends Error {
  override readonly name = 'HashesMissing';
}

/** A list whose full blocks are kept elsewhere: in memory is only the one that is being filled. */
export class KeptHashRow implements HashRow {
  private tail: Uint8Array = new Uint8Array(BLOCK_HASHES * HASH_BYTES);

  /**
   * @param count of hashes that full blocks hold already
   */
  constructor(
    private readonly level: number,
    private readonly blocks: HashBlocks,
    private count = 0,
  ) {}

  get length(): number {
    return this.count;
  }

  push(hash: Uint8Array): void {
    this.tail.set(hash, (this.count % BLOCK_HASHES) * HASH_BYTES);
    this.count += 1;
    if (this.count % BLOCK_HASHES > 0) return;
    // The caller may look at the last hash still: the block goes on as it is, and another is begun.
    this.blocks.write(this.level, this.count / BLOCK_HASHES - 1, this.tail);
    this.tail = new Uint8Array(BLOCK_HASHES * HASH_BYTES);
  }

  at(index: number): Uint8Array {
    return hashesIn(this.blockOf(index), index, 1);
  }

  pairAt(index: number): Uint8Array {
    return hashesIn(this.blockOf(index), index, 2);
  }

  private blockOf(index: number): Uint8Array {
    const block = Math.floor(index / BLOCK_HASHES);
    const isTail = block === Math.floor(this.count / BLOCK_HASHES);
    return isTail ? this.tail : this.blocks.read(this.level, block);
  }
}

function hashesIn(block: Uint8Array, index: number, count: 1 | 2): Uint8Array {
  const offset = (index % BLOCK_HASHES) * HASH_BYTES;
  return block.subarray(offset, offset + count * HASH_BYTES);
}
