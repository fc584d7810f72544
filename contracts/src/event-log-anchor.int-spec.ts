import { hash } from 'node:crypto';
import { leafHash, MerkleTree } from '@flexledger/merkle-log';
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import { deployEventLogAnchor, type EventLogAnchor, eventLogAnchorAt } from './event-log-anchor';
import { deployFlexToken } from './flex-token';

/** Goal: what is anchored stays, and inclusion can be proven on chain. Method: a real anvil. */

const certifierKey = `0x${'c1'.repeat(32)}`;
const strangerKey = `0x${'57'.repeat(32)}`;
const rootOf = (digit: string): string => digit.repeat(64);

let anvil: Anvil;
let certifier: Chain;
let stranger: Chain;
let log: EventLogAnchor;

beforeAll(async () => {
  const fundedAddresses = [certifierKey, strangerKey].map((key) => new Wallet(key).address);
  anvil = await startAnvil({ genesisTimestampS: 1_700_000_000, fundedAddresses });
  const options = { rpcUrl: anvil.rpcUrl, timeoutMs: 5000, ownDevelopmentChain: true };
  certifier = await connectChain({ ...options, privateKey: certifierKey });
  stranger = await connectChain({ ...options, privateKey: strangerKey });
});
beforeEach(async () => {
  log = await deployEventLogAnchor(certifier);
});
afterAll(async () => anvil.stop());

describe('anchoring', () => {
  it('keeps every anchor with its block time', async () => {
    expect(await log.latest()).toBeUndefined();
    expect(await log.readAnchors()).toEqual([]);
    const blockTimeMs = 1_900_000_000_000;
    const first = await log.anchor(3, rootOf('a'), { blockTimeMs });
    const second = await log.anchor(8, rootOf('b'), { blockTimeMs: blockTimeMs + 60_999 });
    expect(first.txHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(second.blockNumber).toBe(first.blockNumber + 1);
    const anchors = [
      { size: 3, rootHex: rootOf('a'), timestampS: 1_900_000_000 },
      { size: 8, rootHex: rootOf('b'), timestampS: 1_900_000_060 },
    ];
    expect(await log.readAnchors()).toEqual(anchors);
    expect(await log.readAnchors(1)).toEqual(anchors.slice(1));
    expect(await log.latest()).toEqual(anchors[1]);
  });

  it('gives a block the next second when the wanted time is past', async () => {
    await log.anchor(1, rootOf('a'), { blockTimeMs: 2_000_000_000_000 });
    await log.anchor(2, rootOf('b'), { blockTimeMs: 1_000_000_000_000 });
    expect((await log.latest())!.timestampS).toBe(2_000_000_001);
  });

  it('refuses a log that shrank, and names both sizes', async () => {
    await log.anchor(10, rootOf('a'));
    await expect(log.anchor(9, rootOf('b'))).rejects.toMatchObject({
      name: 'ChainRefused',
      errorName: 'SizeShrinks',
      message: 'The chain refused EventLogAnchor.anchor: SizeShrinks(10, 9)',
    });
    expect(await log.readAnchors()).toHaveLength(1);
  });

  it('refuses another root for the same size', async () => {
    await log.anchor(10, rootOf('a'));
    await expect(log.anchor(10, rootOf('b'))).rejects.toMatchObject({ errorName: 'RootDiffers' });
    expect((await log.latest())!.rootHex).toBe(rootOf('a'));
  });

  it('takes the last anchor again without storing it twice', async () => {
    await log.anchor(10, rootOf('a'));
    await log.anchor(10, rootOf('a'));
    expect(await log.readAnchors()).toHaveLength(1);
  });

  it('is for the certifier alone', async () => {
    const asStranger = await eventLogAnchorAt(stranger, log.address);
    await expect(asStranger.anchor(1, rootOf('a'))).rejects.toMatchObject({
      errorName: 'AccessControlUnauthorizedAccount',
    });
  });

  it.each([
    ['a negative size', -1, rootOf('a')],
    ['half an event', 1.5, rootOf('a')],
    ['a root with 0x', 1, `0x${rootOf('a')}`],
    ['a short root', 1, 'ab'],
  ])('does not send %s', async (_, size, root) => {
    await expect(log.anchor(size, root)).rejects.toThrow(RangeError);
  });

  it('reads more anchors than one page holds', async () => {
    const count = 103;
    for (let size = 1; size <= count; size += 1) {
      await log.anchor(size, size.toString(16).padStart(64, '0'));
    }
    const anchors = await log.readAnchors();
    expect(anchors.map((anchor) => anchor.size)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
  });
});

describe('inclusion proven in Solidity', () => {
  const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
  const eventHashOf = (index: number): Uint8Array => sha256(Uint8Array.of(index));
  const tree = new MerkleTree(sha256);
  for (let index = 0; index < 100; index += 1) tree.append(eventHashOf(index));

  const claimOf = (index: number, size: number, anchorIndex: number) => ({
    leafHash: leafHash(sha256, eventHashOf(index)),
    index,
    proof: tree.inclusionProof(index, size),
    anchorIndex,
  });
  const sizes = [1, 2, 3, 6, 7, 8, 9, 33, 64, 100];
  const flip = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, at) => (at === 7 ? ~byte : byte));

  it('holds for the events of every anchored size, and for no other place', async () => {
    for (const [anchorIndex, size] of sizes.entries()) {
      await log.anchor(size, Buffer.from(tree.root(size)).toString('hex'));
      const indices = new Set([0, 1, 2, 5, size >> 1, size - 2, size - 1]);
      for (const index of [...indices].filter((at) => at >= 0 && at < size)) {
        const claim = claimOf(index, size, anchorIndex);
        expect(await log.verifyInclusion(claim)).toBe(true);
        const elsewhere = { ...claim, index: (index + 1) % size };
        expect(await log.verifyInclusion(elsewhere)).toBe(size === 1);
        const forged = { ...claim, leafHash: flip(claim.leafHash) };
        expect(await log.verifyInclusion(forged)).toBe(false);
      }
    }
  });

  it('does not hold with a proof that was changed, cut, lengthened, or is of another size', async () => {
    await log.anchor(9, Buffer.from(tree.root(9)).toString('hex'));
    await log.anchor(33, Buffer.from(tree.root(33)).toString('hex'));
    const claim = claimOf(4, 33, 1);
    expect(await log.verifyInclusion(claim)).toBe(true);
    for (const at of claim.proof.keys()) {
      const changed = claim.proof.with(at, flip(claim.proof[at]!));
      expect(await log.verifyInclusion({ ...claim, proof: changed })).toBe(false);
    }
    const { proof } = claim;
    expect(await log.verifyInclusion({ ...claim, proof: proof.slice(0, -1) })).toBe(false);
    expect(await log.verifyInclusion({ ...claim, proof: [...proof, proof[0]!] })).toBe(false);
    expect(await log.verifyInclusion({ ...claim, anchorIndex: 0 })).toBe(false);
    expect(await log.verifyInclusion({ ...claim, index: 33 })).toBe(false);
    await expect(log.verifyInclusion({ ...claim, anchorIndex: 2 })).rejects.toMatchObject({
      reason: 'NoSuchAnchor(2, 2)',
    });
  });
});

describe('inclusion under a root that is of another size than anchored', () => {
  const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
  const tree = new MerkleTree(sha256);
  for (const leaf of [0, 1]) tree.append(Uint8Array.of(leaf));
  const [first, second] = [tree.leafHashAt(0), tree.leafHashAt(1)];
  const rootHexAt = (size: number): string => Buffer.from(tree.root(size)).toString('hex');
  const holds = (size: number, rootHex: string, index: number, path: Uint8Array[]) =>
    log.anchor(size, rootHex).then(() => {
      const leaf = path.length === 0 ? first : second;
      return log.verifyInclusion({ leafHash: leaf, index, proof: path, anchorIndex: 0 });
    });

  it('does not hold under a smaller size', async () => {
    expect(await holds(1, rootHexAt(2), 0, [first])).toBe(false);
  });

  it('does not hold under a larger size', async () => {
    expect(await holds(8, rootHexAt(2), 1, [first])).toBe(false);
  });

  it('does not hold beyond the end', async () => {
    expect(await holds(1, rootHexAt(1), 1, [])).toBe(false);
  });

  it('holds under its own', async () => {
    expect(await holds(2, rootHexAt(2), 1, [first])).toBe(true);
  });
});

describe('the contract at an address', () => {
  it('is refused where there is none', async () => {
    const nowhere = `0x${'12'.repeat(20)}`;
    await expect(eventLogAnchorAt(certifier, nowhere)).rejects.toThrow(
      `The chain refused EventLogAnchor at ${nowhere}: there is no contract on chain 31337`,
    );
  });

  it('is refused where there is another', async () => {
    const token = await deployFlexToken(certifier);
    await expect(eventLogAnchorAt(certifier, token.address)).rejects.toThrow('has other code');
  });
});
