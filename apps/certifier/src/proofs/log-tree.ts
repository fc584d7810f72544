import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
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
  /** Position of the last event that is a leaf. */
  let taken = BEFORE_FIRST;
  let reading: Promise<void> = Promise.resolve();

  async function readTo(size: number): Promise<void> {
    const limit = size - tree.size;
    if (limit <= 0) return;
    for await (const { hash, position } of store.readAll({ after: taken, limit })) {
      tree.append(Buffer.from(hash, 'hex'));
      taken = position;
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
