import { HASH_BYTES } from './hashing';

/** Hashes in one block: 8 KiB, so that growing copies nothing and wastes at most that much. */
const BLOCK_HASHES = 256;

/** A growing list of 32-byte hashes in blocks of bytes, without an object per hash. */
export class HashRow {
  private readonly blocks: Uint8Array[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** Copies `hash` to the end. */
  push(hash: Uint8Array): this {
    const slot = this.count % BLOCK_HASHES;
    if (slot === 0) this.blocks.push(new Uint8Array(BLOCK_HASHES * HASH_BYTES));
    this.blocks[this.blocks.length - 1]!.set(hash, slot * HASH_BYTES);
    this.count += 1;
    return this;
  }

  /** The hash at `index`, which the caller knows to be there; a view, not to be written to. */
  at(index: number): Uint8Array {
    const offset = (index % BLOCK_HASHES) * HASH_BYTES;
    return this.blocks[Math.floor(index / BLOCK_HASHES)]!.subarray(offset, offset + HASH_BYTES);
  }
}
