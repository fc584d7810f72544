import { hash } from 'node:crypto';
import fc from 'fast-check';
import {
  emptyRoot,
  type HashBlocks,
  HashesMissing,
  leafHash,
  MerkleFrontier,
  merkleRoot,
  MerkleTree,
  verifyConsistency,
  verifyInclusion,
} from './index';

/**
 * Goal: roots equal the published ones, and every proof holds exactly for what it says. Method: the
 * reference vectors of Certificate Transparency, the recursive definition of RFC 9162 as an oracle,
 * and laws over random sizes.
 */
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Uint8Array.of(1), left, right]));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** The reference leaves of Certificate Transparency and the published roots of sizes 1 to 8. */
const referenceLeaves = [
  ...['', '00', '10', '2021', '3031', '40414243', '5051525354555657'],
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex);
const referenceRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafOf = (index: number): Uint8Array => new TextEncoder().encode(`leaf ${index}`);
const leavesOf = (size: number): Uint8Array[] => Array.from({ length: size }, (_, i) => leafOf(i));

function treeOf(leaves: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree(sha256);
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

/** MTH of RFC 9162, 2.1.1, word for word. */
function rootByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leafHash(sha256, leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = rootByDefinition(leaves.slice(0, split));
  return nodeHash(left, rootByDefinition(leaves.slice(split)));
}

const SIZE_MAX = 600;
const bigTree = treeOf(leavesOf(SIZE_MAX));
const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: SIZE_MAX }));
const twoSizes = fc.tuple(size, size).map((pair) => pair.sort((a, b) => a - b));
const leafAndSize = size.chain((n) => fc.tuple(fc.integer({ min: 0, max: n - 1 }), fc.constant(n)));

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** Blocks kept outside a tree, as a file would. */
function keptBlocks(): HashBlocks & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    write: (level, block, hashes) => void kept.set(`${level}/${block}`, new Uint8Array(hashes)),
    read(level, block) {
      const hashes = kept.get(`${level}/${block}`);
      if (!hashes) throw new HashesMissing(`block ${level}/${block}`);
      return hashes;
    },
  };
}

describe('a tree whose full blocks are kept elsewhere', () => {
  const KEPT_SIZE = 1_500;
  const inMemory = treeOf(leavesOf(KEPT_SIZE));

  it('is the same tree, also when it was restored at any size and grew on', () => {
    const sizes = fc.integer({ min: 0, max: KEPT_SIZE });
    fc.assert(
      fc.property(sizes, sizes, (restored, asked) => {
        const blocks = keptBlocks();
        const grown = new MerkleTree(sha256, blocks);
        const leaves = leavesOf(KEPT_SIZE);
        leaves.slice(0, restored).forEach((leaf) => grown.append(leaf));
        const tail = leaves.slice(restored - (restored % 256), restored);
        const tree = MerkleTree.restore(
          sha256,
          blocks,
          restored,
          tail.map((leaf) => leafHash(sha256, leaf)),
        );
        leaves.slice(restored).forEach((leaf) => tree.append(leaf));
        expect(hex(tree.root(asked))).toBe(hex(inMemory.root(asked)));
        const index = Math.floor(asked / 3);
        if (asked > 0) {
          expect(tree.inclusionProof(index, asked)).toEqual(inMemory.inclusionProof(index, asked));
        }
        expect(tree.consistencyProof(asked)).toEqual(inMemory.consistencyProof(asked));
      }),
      { numRuns: 30 },
    );
  });

  it('says that a block is missing', () => {
    const blocks = keptBlocks();
    const tree = new MerkleTree(sha256, blocks);
    leavesOf(600).forEach((leaf) => tree.append(leaf));
    blocks.kept.delete('0/1');
    expect(() => tree.inclusionProof(300)).toThrow(HashesMissing);
    const tail = leavesOf(600)
      .slice(512)
      .map((leaf) => leafHash(sha256, leaf));
    const restored = MerkleTree.restore(sha256, blocks, 600, tail);
    expect(() => restored.inclusionProof(300)).toThrow('block 0/1');
    expect(() => MerkleTree.restore(sha256, blocks, 600, [])).toThrow(/needs 88/);
  });
});

describe('the root', () => {
  it('of no leaves is the hash of nothing', () => {
    const root = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(hex(emptyRoot(sha256))).toBe(root);
    expect(hex(merkleRoot(sha256, []))).toBe(root);
    expect(hex(new MerkleTree(sha256).root())).toBe(root);
  });

  it.each(referenceRoots.map((root, index) => [index + 1, root] as const))(
    'of %i reference leaves is the published one',
    (count, root) => {
      const tree = treeOf(referenceLeaves);
      expect(hex(merkleRoot(sha256, referenceLeaves.slice(0, count)))).toBe(root);
      expect(hex(tree.root(count))).toBe(root);
    },
  );

  it('is the same by frontier, by tree, at an earlier size and by definition', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), (leaves) => {
        const expected = hex(rootByDefinition(leaves));
        expect(hex(merkleRoot(sha256, leaves))).toBe(expected);
        const tree = treeOf(leaves);
        expect(hex(tree.root())).toBe(expected);
        tree.append(leafOf(0));
        expect(hex(tree.root(leaves.length))).toBe(expected);
      }),
    );
  });
});

describe('the frontier', () => {
  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(twoSizes, ([before, after]) => {
        const frontier = new MerkleFrontier(sha256);
        for (let index = 0; index < before!; index += 1) frontier.append(leafOf(index));
        const restored = MerkleFrontier.restore(sha256, frontier.serialise());
        expect(restored.size).toBe(before);
        for (let index = before!; index < after!; index += 1) {
          expect(restored.append(leafOf(index))).toBe(index);
        }
        expect(hex(restored.root())).toBe(hex(bigTree.root(after)));
      }),
    );
  });

  it('keeps no reference to the hash it is given', () => {
    const hash = leafHash(sha256, leafOf(0));
    const frontier = new MerkleFrontier(sha256);
    frontier.appendLeafHash(hash);
    hash.fill(0);
    expect(hex(frontier.root())).toBe(hex(leafHash(sha256, leafOf(0))));
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a size without its hashes', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3)],
    ['a size beyond 2^53', new Uint8Array(8 + 64 * 32).fill(0xff)],
    ['a hash too many', new Uint8Array(8 + 32)],
  ])('is not restored from %s', (_, bytes) => {
    expect(() => MerkleFrontier.restore(sha256, bytes)).toThrow(RangeError);
  });
});

describe('an inclusion proof', () => {
  it('is the published one for leaf 5 of the 8 reference leaves', () => {
    const proof = treeOf(referenceLeaves).inclusionProof(5, 8).map(hex);
    expect(proof).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('verifies for every leaf of every size up to 40', () => {
    for (let n = 1; n <= 40; n += 1) {
      for (let index = 0; index < n; index += 1) {
        expect(verifyInclusion(sha256, inclusionClaim(index, n))).toBe(true);
      }
    }
  });

  it('verifies for every leaf of any size, and not after one flipped bit anywhere', () => {
    fc.assert(
      fc.property(leafAndSize, fc.nat(), ([index, n], draw) => {
        const claim = inclusionClaim(index, n);
        expect(verifyInclusion(sha256, claim)).toBe(true);
        const hashes = [claim.leafHash, claim.root, ...claim.proof];
        const bit = draw % (hashes.length * 256);
        hashes[bit >> 8] = flipped(hashes[bit >> 8]!, bit & 255);
        const [hashOfLeaf, root, ...proof] = hashes;
        const forged = { ...claim, leafHash: hashOfLeaf!, root: root!, proof };
        expect(verifyInclusion(sha256, forged)).toBe(false);
      }),
    );
  });

  it('proves no other place, and is neither longer nor shorter', () => {
    fc.assert(
      fc.property(leafAndSize, fc.nat(), ([index, n], draw) => {
        const claim = inclusionClaim(index, n);
        const other = draw % n;
        expect(verifyInclusion(sha256, { ...claim, index: other })).toBe(other === index);
        const longer = [...claim.proof, claim.root];
        expect(verifyInclusion(sha256, { ...claim, proof: longer })).toBe(false);
        if (n === 1) return;
        const shorter = claim.proof.slice(0, -1);
        expect(verifyInclusion(sha256, { ...claim, proof: shorter })).toBe(false);
      }),
    );
  });

  it('proves nothing of a smaller tree, nor of a leaf beyond the end', () => {
    const second = inclusionClaim(1, 2);
    expect(verifyInclusion(sha256, { ...second, index: 0, size: 1 })).toBe(false);
    expect(verifyInclusion(sha256, { ...inclusionClaim(0, 1), index: 1 })).toBe(false);
  });

  it.each([
    ['an index at the size', { index: 8 }],
    ['a negative index', { index: -1 }],
    ['half an index', { index: 1.5 }],
    ['an empty tree', { index: 0, size: 0 }],
    ['a size beyond 2^53', { size: 2 ** 60 }],
    ['a root of 31 bytes', { root: new Uint8Array(31) }],
    ['a proof hash of 33 bytes', { proof: [new Uint8Array(33)] }],
    ['a proof hash that is text', { proof: ['00'] as unknown as Uint8Array[] }],
  ])('with %s is false, not an exception', (_, change) => {
    expect(verifyInclusion(sha256, { ...inclusionClaim(3, 8), ...change })).toBe(false);
  });

  function inclusionClaim(index: number, n: number) {
    return {
      leafHash: leafHash(sha256, leafOf(index)),
      index,
      size: n,
      root: bigTree.root(n),
      proof: bigTree.inclusionProof(index, n),
    };
  }
});

describe('a consistency proof', () => {
  it('is the published one from 6 to 8 reference leaves', () => {
    expect(treeOf(referenceLeaves).consistencyProof(6, 8).map(hex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('verifies between every two sizes up to 40, the empty tree included', () => {
    for (let second = 0; second <= 40; second += 1) {
      for (let first = 0; first <= second; first += 1) {
        expect(verifyConsistency(sha256, consistencyClaim(first, second))).toBe(true);
      }
    }
  });

  it('verifies between any two sizes, and not after one flipped bit anywhere', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), ([first, second], draw) => {
        const claim = consistencyClaim(first!, second!);
        expect(verifyConsistency(sha256, claim)).toBe(true);
        const hashes = [claim.firstRoot, claim.secondRoot, ...claim.proof];
        const bit = draw % (hashes.length * 256);
        hashes[bit >> 8] = flipped(hashes[bit >> 8]!, bit & 255);
        const [firstRoot, secondRoot, ...proof] = hashes;
        const forged = { ...claim, firstRoot: firstRoot!, secondRoot: secondRoot!, proof };
        expect(verifyConsistency(sha256, forged)).toBe(false);
      }),
    );
  });

  it('does not verify when one earlier leaf was rewritten', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), ([first, second], draw) => {
        const leaves = leavesOf(second!);
        leaves[draw % first!] = new TextEncoder().encode('rewritten');
        const rewritten = treeOf(leaves);
        const claim = {
          firstSize: first!,
          firstRoot: bigTree.root(first),
          secondSize: second!,
          secondRoot: rewritten.root(),
          proof: rewritten.consistencyProof(first!),
        };
        expect(verifyConsistency(sha256, claim)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('proves nothing of a larger tree', () => {
    const claim = consistencyClaim(2, 3);
    expect(verifyConsistency(sha256, { ...claim, secondSize: 7 })).toBe(false);
  });

  it.each([
    ['a first size above the second', { firstSize: 9 }],
    ['a negative size', { firstSize: -1 }],
    ['no hash where some are needed', { proof: [] }],
    ['a hash too many', { proof: [...bigTree.consistencyProof(5, 8), bigTree.root(8)] }],
    ['a proof hash of 31 bytes', { proof: [new Uint8Array(31)] }],
    ['an empty first tree with a proof', { firstSize: 0, firstRoot: emptyRoot(sha256) }],
    ['an empty first tree with another root', { firstSize: 0, proof: [] }],
    ['equal sizes with other roots', { secondSize: 5, proof: [] }],
  ])('with %s is false, not an exception', (_, change) => {
    expect(verifyConsistency(sha256, { ...consistencyClaim(5, 8), ...change })).toBe(false);
  });

  function consistencyClaim(firstSize: number, secondSize: number) {
    return {
      firstSize,
      firstRoot: bigTree.root(firstSize),
      secondSize,
      secondRoot: bigTree.root(secondSize),
      proof: bigTree.consistencyProof(firstSize, secondSize),
    };
  }
});

describe('proofs over more leaves than 32 bits count', () => {
  it('verify: the arithmetic does not wrap', () => {
    // All leaves equal: one hash a level is enough to know a tree of 2^40 leaves and its paths.
    const levels = [leafHash(sha256, leafOf(0))];
    while (levels.length <= 40) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!));
    const claim = { leafHash: levels[0]!, size: 2 ** 40, root: levels[40]! };
    const proof = levels.slice(0, 40);
    expect(verifyInclusion(sha256, { ...claim, index: 2 ** 35 + 1, proof })).toBe(true);
    const first = nodeHash(levels[39]!, levels[33]!);
    const consistency = {
      firstSize: 2 ** 39 + 2 ** 33,
      firstRoot: first,
      secondSize: 2 ** 40,
      secondRoot: levels[40]!,
      proof: [levels[33]!, ...levels.slice(33, 39), levels[39]!],
    };
    expect(verifyConsistency(sha256, consistency)).toBe(true);
  });
});

describe('the tree', () => {
  const tree = treeOf(leavesOf(5));

  it('gives back the leaf hashes', () => {
    expect(hex(tree.leafHashAt(4))).toBe(hex(leafHash(sha256, leafOf(4))));
  });

  it.each([
    ['a root', () => tree.root(6)],
    ['a leaf', () => tree.leafHashAt(5)],
    ['an inclusion proof', () => tree.inclusionProof(0, 6)],
    ['an inclusion proof of a later leaf', () => tree.inclusionProof(3, 3)],
    ['a consistency proof', () => tree.consistencyProof(1, 6)],
    ['a consistency proof backwards', () => tree.consistencyProof(4, 3)],
    ['a leaf hash of 20 bytes', () => tree.appendLeafHash(new Uint8Array(20))],
  ])('refuses %s that it does not have', (_, ask) => {
    expect(ask).toThrow(RangeError);
  });
});
