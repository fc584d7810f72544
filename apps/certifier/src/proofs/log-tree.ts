import { type EventStore } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { MerkleTree } from '@flexledger/merkle-log';

/** The Merkle tree over the event hashes, for those who ask for proofs. */
export interface LogTree {
  /** The tree with `size` leaves or more. @throws RangeError when the log is shorter */
  ofSize(size: number): Promise<MerkleTree>;
}

/** A tree that reads on in the log when a larger one is asked for; 64 bytes of memory an event. */
export function createLogTree(store: EventStore): LogTree {
  const tree = new MerkleTree(sha256);
  let reading: Promise<void> = Promise.resolve();

  async function readTo(size: number): Promise<void> {
    const from = tree.size;
    if (from >= size) return;
    for await (const { hash } of store.readAll({ from, limit: size - from })) {
      tree.append(Buffer.from(hash, 'hex'));
    }
  }

  return {
    async ofSize(size) {
      // One reader at a time, or leaves would be taken in twice.
      const mine = reading.then(() => readTo(size));
      reading = mine.catch(() => undefined);
      await mine;
      if (tree.size >= size) return tree;
      throw new RangeError(`the log has ${tree.size} events, not ${size}`);
    },
  };
}
