/** Entry of a process of its own: a tree over event hashes by one of the peers, or by our own in memory. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { sha256 } from '@flexledger/identity';
import { MerkleTree } from '@flexledger/merkle-log';
import { answerApart } from '../run-apart';
import { drawEventHash } from './draw-event-hash';

/** What a tree of this size took by one library. */
export interface PeerTree {
  readonly leavesPerSecond: number;
  /** One inclusion proof. */
  readonly proofMs: number;
}

/** What is used of `@openzeppelin/merkle-tree`. */
interface OpenZeppelin {
  readonly SimpleMerkleTree: {
    of(values: readonly string[]): { getProof(leaf: number): readonly string[] };
  };
}

/** What is used of `merkletreejs`. */
interface MerkleTreeJs {
  readonly MerkleTree: new (
    leaves: readonly Uint8Array[],
    hash: (data: Buffer) => Buffer,
  ) => { getProof(leaf: Uint8Array, index: number): readonly object[]; getRoot(): Buffer };
}

const PROOFS = 200;

/** Makes the tree; what it gives makes a proof of a leaf. */
type Builder = (hashes: readonly Uint8Array[]) => (leaf: number) => unknown;

function builderOf(library: string, folder: string): Builder {
  const load = (name: string): unknown => createRequire(path.join(folder, 'package.json'))(name);
  if (library === '@openzeppelin/merkle-tree') {
    const { SimpleMerkleTree } = load(library) as OpenZeppelin;
    return (hashes) => {
      const values = hashes.map((hash) => `0x${Buffer.from(hash).toString('hex')}`);
      const tree = SimpleMerkleTree.of(values);
      return (leaf) => tree.getProof(leaf);
    };
  }
  if (library === 'merkletreejs') {
    const peer = load(library) as MerkleTreeJs;
    return (hashes) => {
      const tree = new peer.MerkleTree(hashes.map(sha256), (data) => sha256(data));
      tree.getRoot();
      return (leaf) => tree.getProof(sha256(hashes[leaf]!), leaf);
    };
  }
  return (hashes) => {
    const tree = new MerkleTree(sha256);
    for (const hash of hashes) tree.append(hash);
    tree.root();
    return (leaf) => tree.inclusionProof(leaf);
  };
}

function main(library: string, folder: string, leafCount: number): void {
  const build = builderOf(library, folder);
  const draw = drawEventHash();
  const hashes = Array.from({ length: leafCount }, () => new Uint8Array(draw()));
  const startedMs = performance.now();
  const proofOf = build(hashes);
  const seconds = (performance.now() - startedMs) / 1e3;
  const provedMs = performance.now();
  for (let nth = 0; nth < PROOFS; nth += 1) proofOf(Math.floor((nth * leafCount) / PROOFS));
  const proofMs = (performance.now() - provedMs) / PROOFS;
  const answer: PeerTree = { leavesPerSecond: Math.round(leafCount / seconds), proofMs };
  answerApart(answer);
}

main(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));
