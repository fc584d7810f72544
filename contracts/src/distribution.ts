import { getAddress, keccak256 } from 'ethers';

/**
 * The Merkle tree of a cumulative token distribution, as `FlexToken.sol` and OpenZeppelin's
 * StandardMerkleTree (@openzeppelin/merkle-tree 1.0, types address and uint256) define it: leaf =
 * keccak256(keccak256(abi.encode(account, amount))); the leaves, sorted, fill a complete binary
 * tree from its end; an inner node hashes its two children in sorted order.
 */

/** What an account earned in all sessions so far. */
export interface DistributionEntry {
  /** 0x-prefixed address. */
  readonly account: string;
  readonly cumulativeMicroEur: bigint;
}

/** An entry with the siblings from its leaf up to the root, 0x-prefixed. */
export interface Claim extends DistributionEntry {
  readonly proof: readonly string[];
}

export interface Distribution {
  /** 0x-prefixed, 32 bytes. */
  readonly root: string;
  /** What `FlexToken.claim` takes. @throws RangeError when the account is not in it */
  proofFor(account: string): Claim;
}

const UINT256_MAX = 2n ** 256n - 1n;

/**
 * The distribution over these entries; their order does not matter.
 *
 * @throws RangeError when there are none, an account comes twice, or an amount is not a uint256
 */
export function buildDistribution(entries: readonly DistributionEntry[]): Distribution {
  if (entries.length === 0) throw new RangeError('a distribution needs one entry or more');
  const leaves = entries
    .map(({ account, cumulativeMicroEur }) => ({
      account: getAddress(account),
      cumulativeMicroEur,
      hash: leafHash(account, cumulativeMicroEur),
    }))
    .sort((one, other) => compare(one.hash, other.hash));

  // The array form of a complete binary tree: the children of node i are 2i + 1 and 2i + 2.
  const nodes = new Array<string>(2 * leaves.length - 1);
  const positions = new Map<string, number>();
  leaves.forEach((leaf, index) => {
    const position = nodes.length - 1 - index;
    if (positions.has(leaf.account)) {
      throw new RangeError(`account ${leaf.account} comes twice; add its amounts up first`);
    }
    positions.set(leaf.account, position);
    nodes[position] = leaf.hash;
  });
  for (let index = leaves.length - 2; index >= 0; index -= 1) {
    nodes[index] = nodeHash(nodes[2 * index + 1]!, nodes[2 * index + 2]!);
  }

  return {
    root: nodes[0]!,
    proofFor(account) {
      const address = getAddress(account);
      const position = positions.get(address);
      if (position === undefined) {
        throw new RangeError(`account ${address} is not in the distribution`);
      }
      const { cumulativeMicroEur } = leaves[nodes.length - 1 - position]!;
      return { account: address, cumulativeMicroEur, proof: siblings(nodes, position) };
    },
  };
}

/** Whether `FlexToken` would accept the claim under this root (0x-prefixed). */
export function verifyClaim(root: string, claim: Claim): boolean {
  const leaf = leafHash(claim.account, claim.cumulativeMicroEur);
  return claim.proof.reduce(nodeHash, leaf) === root.toLowerCase();
}

function siblings(nodes: readonly string[], position: number): string[] {
  const proof: string[] = [];
  for (let at = position; at > 0; at = Math.floor((at - 1) / 2)) {
    proof.push(nodes[at % 2 === 1 ? at + 1 : at - 1]!);
  }
  return proof;
}

/** `abi.encode(address, uint256)` is both as 32 bytes, big-endian. */
function leafHash(account: string, amount: bigint): string {
  if (amount < 0n || amount > UINT256_MAX) {
    throw new RangeError(`the amount of ${account} is ${amount}; it must be from 0 to 2^256 - 1`);
  }
  const encoded = `${account.slice(2).toLowerCase().padStart(64, '0')}${amount.toString(16).padStart(64, '0')}`;
  return keccak256(bytesOf(keccak256(Buffer.from(encoded, 'hex'))));
}

function nodeHash(one: string, other: string): string {
  const children = compare(one, other) < 0 ? [one, other] : [other, one];
  return keccak256(Buffer.concat(children.map(bytesOf)));
}

function bytesOf(hash: string): Uint8Array {
  return Buffer.from(hash.slice(2), 'hex');
}

/** The order of bytes, since both are lower-case hex of one length. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
