/** Entry of a process of its own: a certifier's tree grows to so many leaves on disk, and gives proofs. */
import path from 'node:path';
import { openLeafStore } from '@flexledger/certifier';
import { sha256 } from '@flexledger/identity';
import { MerkleTree, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { answerApart } from '../run-apart';
import { drawEventHash } from './draw-event-hash';

/** What one tree of this size took. */
export interface Certified {
  /** Leaf hashes, node hashes and their blocks on disk. */
  readonly growSeconds: number;
  /** The same of all threads of the process together: on a busy machine it varies less. */
  readonly growCpuSeconds: number;
  /** Resident memory at a tenth of the leaves and at all of them, MB of 2^20 bytes. */
  readonly memoryAtTenthMb: number;
  readonly memoryMb: number;
  /** Making one inclusion proof of a leaf drawn at random: mean and the slowest of a hundred. */
  readonly proofMs: number;
  readonly proofMsP99: number;
  /** The mean by processor time: on a busy machine it varies less. */
  readonly proofCpuMs: number;
  readonly verifyMs: number;
  /** Leaves with the id and position of their events besides, as the certifier stores them. */
  readonly storedLeavesPerSecond: number;
}

/** Leaves that the certifier stores together. */
const AT_ONCE = 10_000;
const STORED_LEAVES = 500_000;
const PROOFS = 2_000;

const memoryMb = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20);

function main(folder: string, leafCount: number): void {
  const failed = (problem: string): void => {
    throw new Error(problem);
  };
  const store = openLeafStore(path.join(folder, 'tree'), failed);
  const tree = new MerkleTree(sha256, store.blocks);
  const eventHash = drawEventHash();
  let memoryAtTenthMb = 0;
  let growSeconds = 0;
  let growCpuSeconds = 0;
  while (tree.size < leafCount) {
    const hashes = Array.from({ length: AT_ONCE }, () => new Uint8Array(eventHash()));
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    store.add([], () => {
      for (const hash of hashes) tree.append(hash);
    });
    const { user, system } = process.cpuUsage(startedCpu);
    growCpuSeconds += (user + system) / 1e6;
    growSeconds += (performance.now() - startedMs) / 1e3;
    if (tree.size === leafCount / 10) memoryAtTenthMb = memoryMb();
  }
  const grownMb = memoryMb();

  const random = seededRandom(1, 'bench/certify');
  const root = tree.root();
  const proofMs: number[] = [];
  let proofCpuMs = 0;
  let verifyMs = 0;
  for (let nth = 0; nth < PROOFS; nth += 1) {
    const index = drawInteger(random, 0, leafCount - 1);
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    const proof = tree.inclusionProof(index);
    const { user, system } = process.cpuUsage(startedCpu);
    proofMs.push(performance.now() - startedMs);
    proofCpuMs += (user + system) / 1e3;
    const claim = { leafHash: tree.leafHashAt(index), index, size: leafCount, root, proof };
    const verifiedMs = performance.now();
    if (!verifyInclusion(sha256, claim))
      throw new Error(`The proof of leaf ${index} does not hold.`);
    verifyMs += performance.now() - verifiedMs;
  }
  store.close();
  proofMs.sort((one, other) => one - other);
  answerApart({
    growSeconds,
    growCpuSeconds,
    memoryAtTenthMb,
    memoryMb: grownMb,
    proofMs: proofMs.reduce((sum, ms) => sum + ms, 0) / PROOFS,
    proofMsP99: proofMs[Math.floor(PROOFS * 0.99)]!,
    proofCpuMs: proofCpuMs / PROOFS,
    verifyMs: verifyMs / PROOFS,
    storedLeavesPerSecond: storedPerSecond(path.join(folder, 'stored')),
  } satisfies Certified);
}

function storedPerSecond(folder: string): number {
  const store = openLeafStore(folder, () => {});
  const tree = new MerkleTree(sha256, store.blocks);
  const eventHash = drawEventHash();
  let seconds = 0;
  while (tree.size < STORED_LEAVES) {
    const first = tree.size;
    const events = Array.from({ length: AT_ONCE }, (_, nth) => {
      const hash = new Uint8Array(eventHash());
      const digits = Buffer.from(hash).toString('hex');
      return { index: first + nth, position: first + nth, eventId: uuidOf(digits), hash };
    });
    const startedMs = performance.now();
    const leaves = events.map((event) => ({ ...event, hash: leafHash(sha256, event.hash) }));
    store.add(leaves, () => {
      for (const { hash } of leaves) tree.appendLeafHash(hash);
    });
    seconds += (performance.now() - startedMs) / 1e3;
  }
  store.close();
  return Math.round(STORED_LEAVES / seconds);
}

function uuidOf(digits: string): string {
  const part = (from: number, to: number): string => digits.slice(from, to);
  return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join('-');
}

main(process.argv[2]!, Number(process.argv[3]));
