import fc from 'fast-check';
import { getAddress } from 'ethers';
import { buildDistribution, checksumAddress, verifyClaim } from '@flexledger/merkle-log';

/** Goal: the tree of OpenZeppelin's StandardMerkleTree. Method: its published example, and laws. */
const published = [
  {
    account: '0x1111111111111111111111111111111111111111',
    cumulativeMicroEur: 5000000000000000000n,
  },
  {
    account: '0x2222222222222222222222222222222222222222',
    cumulativeMicroEur: 2500000000000000000n,
  },
];

const entries = fc.uniqueArray(
  fc.record({
    account: fc.bigInt(1n, 2n ** 160n - 1n).map((n) => `0x${n.toString(16).padStart(40, '0')}`),
    cumulativeMicroEur: fc.oneof(fc.bigInt(0n, 10n ** 12n), fc.constant(2n ** 256n - 1n)),
  }),
  { selector: (entry) => entry.account, minLength: 1, maxLength: 40 },
);

describe('a distribution', () => {
  it('has the root and proof that OpenZeppelin publishes for its example', () => {
    const distribution = buildDistribution(published);
    expect(distribution.root).toBe(
      '0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77',
    );
    expect(distribution.proofFor(published[0]!.account).proof).toEqual([
      '0xb92c48e9d7abe27fd8dfd6b5dfdbfb1c9a463f80c712b66f3a5180a090cccafc',
    ]);
  });

  it('proves every entry, and no other amount or account', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { root, proofFor } = buildDistribution(list);
        for (const { account, cumulativeMicroEur } of list) {
          const claim = proofFor(account);
          expect(claim).toMatchObject({ account: getAddress(account), cumulativeMicroEur });
          expect(verifyClaim(root, claim)).toBe(true);
          const less = cumulativeMicroEur === 0n ? 1n : cumulativeMicroEur - 1n;
          expect(verifyClaim(root, { ...claim, cumulativeMicroEur: less })).toBe(false);
          const stranger = `0x${'0'.repeat(40)}`;
          expect(verifyClaim(root, { ...claim, account: stranger })).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the same in whatever order the entries come, and however addresses are written', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const reordered = list.toReversed().map(({ account, cumulativeMicroEur }) => ({
          account: getAddress(account),
          cumulativeMicroEur,
        }));
        expect(buildDistribution(reordered).root).toBe(buildDistribution(list).root);
      }),
      { numRuns: 30 },
    );
  });

  const account = published[0]!.account;
  it.each([
    ['no entry', []],
    ['an account that comes twice', [published[0]!, { account, cumulativeMicroEur: 1n }]],
    ['a negative amount', [{ account, cumulativeMicroEur: -1n }]],
    ['an amount beyond 256 bits', [{ account, cumulativeMicroEur: 2n ** 256n }]],
  ])('is not built from %s', (_, list) => {
    expect(() => buildDistribution(list)).toThrow(RangeError);
  });

  it('is not built from what is no address, and has no proof for an account outside it', () => {
    const bad = [{ account: '0x12', cumulativeMicroEur: 1n }];
    expect(() => buildDistribution(bad)).toThrow('is no address');
    const outside = '0x3333333333333333333333333333333333333333';
    expect(() => buildDistribution(published).proofFor(outside)).toThrow(
      'is not in the distribution',
    );
  });
});

it('an address has the checksum that Ethereum gives it, and none of other letters', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 160n - 1n), fc.nat(39), (number, at) => {
      const plain = `0x${number.toString(16).padStart(40, '0')}`;
      const checked = checksumAddress(plain);
      expect(checked).toBe(getAddress(plain));
      expect(checksumAddress(checked)).toBe(checked);
      expect(checksumAddress(`0x${plain.slice(2).toUpperCase()}`)).toBe(checked);
      const letter = checked[2 + at]!;
      const swapped = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
      const other = checked.slice(0, 2 + at) + swapped + checked.slice(3 + at);
      const isMixed = /[A-F]/.test(other) && /[a-f]/.test(other);
      if (other !== checked && isMixed) {
        expect(() => checksumAddress(other)).toThrow(TypeError);
        expect(() => getAddress(other)).toThrow(TypeError);
      }
    }),
  );
  for (const other of ['', '0x12', 'me', `0x${'g'.repeat(40)}`, '11'.repeat(20)]) {
    expect(() => checksumAddress(other)).toThrow(TypeError);
  }
});
