import { installPeer } from '../install-peer';
import { inTemporaryFolder } from '../leave-nothing';
import { runApart } from '../run-apart';
import type { Certified } from './certify-child';
import { type GasUsed, measureGas } from './measure-gas';
import type { PeerTree } from './peer-child';

/** `flexledger bench certify`: a certifier's tree on disk. */
export interface CertifyBench extends Omit<Certified, 'growSeconds' | 'growCpuSeconds'> {
  readonly leaves: number;
  /** Hashed into the tree and its hashes on disk: by the clock, and by processor time. */
  readonly leavesPerSecond: number;
  readonly leavesPerCpuSecond: number;
  readonly peakMb: number;
}

/** A tree in memory over the same event hashes by a library, in the same run. */
export type TreeBench = { readonly name: string; readonly version?: string } & (
  { readonly skipped: string } | (PeerTree & { readonly leaves: number; readonly peakMb: number })
);

const LEAVES = 10_000_000;
/** What the peers do in some seconds. */
const PEER_LEAVES = 100_000;
const OURS = '@flexledger/merkle-log';
const PEERS = { '@openzeppelin/merkle-tree': '1.0.8', merkletreejs: '0.6.0' } as const;

/**
 * Grows a tree to ten million leaves on disk and proves leaves of it; asks the contracts what they cost;
 * then builds a smaller tree in memory by our own library and by the peers that npm can install.
 */
export async function benchCertify(onResult: (result: object) => void): Promise<{
  readonly results: readonly CertifyBench[];
  readonly gas: GasUsed;
  readonly trees: readonly TreeBench[];
}> {
  const result = await growTree();
  onResult(result);
  const gas = await measureGas();
  onResult(gas);
  const trees: TreeBench[] = [];
  for (const name of [OURS, ...Object.keys(PEERS)]) {
    const tree = await buildTree(name);
    trees.push(tree);
    onResult(tree);
  }
  return { results: [result], gas, trees };
}

function growTree(): Promise<CertifyBench> {
  return inTemporaryFolder(async (folder) => {
    const run = await runApart<Certified>(`${__dirname}/certify-child`, [folder, String(LEAVES)]);
    if (!run) throw new Error(`A tree of ${LEAVES} leaves took more than ten minutes.`);
    const { growSeconds, growCpuSeconds, ...measured } = run.answer;
    return {
      leaves: LEAVES,
      leavesPerSecond: Math.round(LEAVES / growSeconds),
      leavesPerCpuSecond: Math.round(LEAVES / growCpuSeconds),
      ...measured,
      peakMb: run.peakMb,
    };
  });
}

async function buildTree(name: string): Promise<TreeBench> {
  const version = (PEERS as Record<string, string | undefined>)[name];
  const named = { name, ...(version !== undefined && { version }) };
  let folder = '';
  if (version !== undefined) {
    const peer = await installPeer(`${name.replace(/\W+/g, '-')}-${version}`, { [name]: version });
    if ('skipped' in peer) return { ...named, skipped: peer.skipped };
    folder = peer.folder;
  }
  const run = await runApart<PeerTree>(`${__dirname}/peer-child`, [
    name,
    folder,
    String(PEER_LEAVES),
  ]);
  if (!run) return { ...named, skipped: 'it took more than ten minutes' };
  return { ...named, leaves: PEER_LEAVES, ...run.answer, peakMb: run.peakMb };
}
