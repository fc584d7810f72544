/**
 * Which leaf of the certified tree an event is: its place in the order of the log, counted from 0. This
 * is the only place that knows; a position says what comes before what and is no index.
 */
import type { Sha256 } from '@flexledger/domain';
import { MerkleTree } from '@flexledger/merkle-log';

/** The tree over the events shown so far. */
export interface CertifiedLeaves {
  readonly tree: MerkleTree;
  /** Makes an event the next leaf, and returns its index. */
  append(event: { readonly position: number }, storedHash: Uint8Array): number;
  /** Index of an event's leaf; undefined where it has none yet. Quick for those appended last. */
  leafIndexOf(event: { readonly position: number }): number | undefined;
  /** Position of the event that a leaf is of. @throws RangeError when there is no such leaf */
  positionOf(leafIndex: number): number;
}

/** A tree without leaves; it takes 72 bytes a leaf. */
export function createCertifiedLeaves(sha256: Sha256): CertifiedLeaves {
  const tree = new MerkleTree(sha256);
  const positions: number[] = [];
  return {
    tree,
    append({ position }, storedHash) {
      positions.push(position);
      return tree.append(storedHash);
    },
    leafIndexOf({ position }) {
      const index = positions.lastIndexOf(position);
      return index < 0 ? undefined : index;
    },
    positionOf(leafIndex) {
      const position = positions[leafIndex];
      if (position === undefined) throw new RangeError(`there is no leaf ${leafIndex}`);
      return position;
    },
  };
}
