import { checksumAddress } from './address';
import { keccak256Into } from './keccak';

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
  /** Whether an account is in it. */
  has(account: string): boolean;
  /** What `FlexToken.claim` takes. @throws RangeError when the account is not in it */
  proofFor(account: string): Claim;
}

const UINT256_MAX = 2n ** 256n - 1n;
/** Bytes of a hash. */
const HASH = 32;
const ADDRESS = /^0x[0-9a-f]{40}$/;

/**
 * The distribution over these entries; their order does not matter. A million entries take some ten
 * seconds, nearly all of them in three hashes an entry.
 *
 * @throws RangeError when there are none, an account comes twice, or an amount is not a uint256
 * @throws TypeError when an account is no address
 */
export function buildDistribution(entries: readonly DistributionEntry[]): Distribution {
  if (entries.length === 0) throw new RangeError('a distribution needs one entry or more');
  const accounts = entries.map(({ account }) => normalised(account));
  const hashes = new Uint8Array(entries.length * HASH);
  entries.forEach(({ cumulativeMicroEur }, index) =>
    leafHashInto(hashes, index * HASH, accounts[index]!, cumulativeMicroEur),
  );
  const order = sortedByHash(hashes, entries.length);

  // The array form of a complete binary tree: the children of node i are 2i + 1 and 2i + 2.
  const count = 2 * entries.length - 1;
  const nodes = new Uint8Array(count * HASH);
  const positions = new Map<string, number>();
  order.forEach((entry, index) => {
    const account = accounts[entry]!;
    const position = count - 1 - index;
    if (positions.has(account)) {
      throw new RangeError(`account ${account} comes twice; add its amounts up first`);
    }
    positions.set(account, position);
    nodes.set(hashes.subarray(entry * HASH, entry * HASH + HASH), position * HASH);
  });
  for (let index = entries.length - 2; index >= 0; index -= 1) {
    nodeHashInto(nodes, index * HASH, nodes, (2 * index + 1) * HASH, (2 * index + 2) * HASH);
  }

  return {
    root: hexAt(nodes, 0),
    has: (account) => positions.has(account.toLowerCase()),
    proofFor(account) {
      const address = checksumAddress(account);
      const position = positions.get(address.toLowerCase());
      if (position === undefined) {
        throw new RangeError(`account ${address} is not in the distribution`);
      }
      const { cumulativeMicroEur } = entries[order[count - 1 - position]!]!;
      return { account: address, cumulativeMicroEur, proof: siblings(nodes, position) };
    },
  };
}

/** The distribution over cumulative awards as the market counts them, micro-euro by wallet. */
export function distributionOf(cumulativeMicroEur: ReadonlyMap<string, number>): Distribution {
  return buildDistribution(
    Array.from(cumulativeMicroEur, ([account, microEur]) => ({
      account,
      cumulativeMicroEur: BigInt(microEur),
    })),
  );
}

/** Whether `FlexToken` would accept the claim under this root (0x-prefixed). */
export function verifyClaim(root: string, claim: Claim): boolean {
  const node = new Uint8Array(2 * HASH);
  leafHashInto(node, 0, normalised(claim.account), claim.cumulativeMicroEur);
  for (const sibling of claim.proof) {
    readHexInto(node, HASH, sibling);
    nodeHashInto(node, 0, node, 0, HASH);
  }
  return hexAt(node, 0) === root.toLowerCase();
}

function siblings(nodes: Uint8Array, position: number): string[] {
  const proof: string[] = [];
  for (let at = position; at > 0; at = Math.floor((at - 1) / 2)) {
    proof.push(hexAt(nodes, (at % 2 === 1 ? at + 1 : at - 1) * HASH));
  }
  return proof;
}

/** In lower case. A checksum, where the address has one, must hold. */
function normalised(account: string): string {
  return ADDRESS.test(account) ? account : checksumAddress(account).toLowerCase();
}

/** `abi.encode(address, uint256)`: both as 32 bytes, big-endian. */
const encoded = new Uint8Array(2 * HASH);
const words = new DataView(encoded.buffer);

function leafHashInto(output: Uint8Array, to: number, account: string, amount: bigint): void {
  if (amount < 0n || amount > UINT256_MAX) {
    throw new RangeError(`the amount of ${account} is ${amount}; it must be from 0 to 2^256 - 1`);
  }
  encoded.fill(0);
  readHexInto(encoded, 12, account);
  for (let rest = amount, at = 56; rest > 0n; rest >>= 64n, at -= 8) {
    words.setBigUint64(at, BigInt.asUintN(64, rest));
  }
  keccak256Into(encoded, 0, encoded, 0, 2 * HASH);
  keccak256Into(output, to, encoded, 0, HASH);
}

const children = new Uint8Array(2 * HASH);

/** Hashes two nodes, the smaller first. */
function nodeHashInto(
  output: Uint8Array,
  to: number,
  nodes: Uint8Array,
  one: number,
  other: number,
): void {
  const isOrdered = compareAt(nodes, one, other) < 0;
  const [first, second] = isOrdered ? [one, other] : [other, one];
  for (let byte = 0; byte < HASH; byte += 1) {
    children[byte] = nodes[first + byte]!;
    children[HASH + byte] = nodes[second + byte]!;
  }
  keccak256Into(output, to, children, 0, 2 * HASH);
}

/** Indices of hashes in their rising order. */
function sortedByHash(hashes: Uint8Array, count: number): Uint32Array {
  const leading = new Float64Array(count);
  const view = new DataView(hashes.buffer);
  for (let index = 0; index < count; index += 1) {
    // 48 bits, which a number holds, tell nearly all apart.
    leading[index] = view.getUint32(index * HASH) * 65_536 + view.getUint16(index * HASH + 4);
  }
  return Uint32Array.from({ length: count }, (_, index) => index).sort(
    (one, other) => leading[one]! - leading[other]! || compareAt(hashes, one * HASH, other * HASH),
  );
}

function compareAt(bytes: Uint8Array, one: number, other: number): number {
  for (let byte = 0; byte < HASH; byte += 1) {
    const difference = bytes[one + byte]! - bytes[other + byte]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Reads 0x-prefixed hex into bytes from a place on. */
function readHexInto(output: Uint8Array, to: number, hex: string): void {
  for (let byte = 0; 2 + 2 * byte < hex.length; byte += 1) {
    output[to + byte] = Number.parseInt(hex.slice(2 + 2 * byte, 4 + 2 * byte), 16);
  }
}

function hexAt(bytes: Uint8Array, at: number): string {
  const hash = bytes.subarray(at, at + HASH);
  return `0x${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
