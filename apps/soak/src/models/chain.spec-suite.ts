/** What the log's contracts promise to whoever anchors, awards and certifies: of a real chain and of its model. */
import type { ChainContracts } from './model-chain';

/** Declares the tests; `open` gives contracts that hold nothing. */
export function describeChainContracts(name: string, open: () => Promise<ChainContracts>): void {
  describe(`${name} keeps the contracts' promises`, () => {
    let chain: ChainContracts;
    const root = (digit: string): string => digit.repeat(64);
    const at = (second: number) => ({ blockTimeMs: (1_800_000_000 + second) * 1_000 });
    beforeAll(async () => void (chain = await open()));

    it('keeps anchors in their order, with the time of their blocks', async () => {
      const { anchorContract } = chain;
      expect(await anchorContract.latest()).toBeUndefined();
      const first = await anchorContract.anchor(3, root('a'), at(10));
      const second = await anchorContract.anchor(5, root('b'), at(20));
      expect(second.blockNumber).toBeGreaterThan(first.blockNumber);
      expect(second.txHash).not.toBe(first.txHash);
      expect(await anchorContract.readAnchors()).toEqual([
        { size: 3, rootHex: root('a'), timestampS: 1_800_000_010 },
        { size: 5, rootHex: root('b'), timestampS: 1_800_000_020 },
      ]);
      expect(await anchorContract.latest()).toMatchObject({ size: 5 });
    });

    it('changes nothing with the last anchor again, and refuses what is at odds with it', async () => {
      const { anchorContract } = chain;
      const before = await anchorContract.readAnchors();
      await anchorContract.anchor(5, root('b'), at(30));
      await expect(anchorContract.anchor(4, root('c'), at(31))).rejects.toMatchObject({
        errorName: 'SizeShrinks',
      });
      await expect(anchorContract.anchor(5, root('c'), at(32))).rejects.toMatchObject({
        errorName: 'RootDiffers',
      });
      expect(await anchorContract.readAnchors()).toEqual(before);
    });

    it('awards a settlement once, and mints its sum', async () => {
      const { tokenContract } = chain;
      expect(await tokenContract.totalSupplyMicroEur()).toBe(0n);
      const settled = { sessionDigestHex: root('1'), settlementLeafHex: root('5') };
      const award = { ...settled, root: `0x${root('d')}`, amountMicroEur: 700n };
      const { txHash, blockNumber } = await tokenContract.award(award, at(40));
      await expect(tokenContract.award(award, at(41))).rejects.toMatchObject({
        name: 'ChainRefused',
        errorName: 'AlreadyAwarded',
      });
      expect(await tokenContract.readAwards()).toEqual([{ ...award, txHash, blockNumber }]);
      expect(await tokenContract.totalSupplyMicroEur()).toBe(700n);
      expect(await tokenContract.distributionRoot()).toBe(award.root);
    });

    it('certifies an agreement once, all of a transaction or none', async () => {
      const { agreementContract } = chain;
      await agreementContract.certify([root('2')], at(50));
      await expect(agreementContract.certify([root('3'), root('2')], at(51))).rejects.toMatchObject(
        { errorName: 'AlreadyCertified' },
      );
      expect(await agreementContract.certificateOf(root('3'))).toEqual({
        certifiedAtS: 0,
        endedAtS: 0,
      });
      await expect(agreementContract.end([root('3')], at(52))).rejects.toMatchObject({
        errorName: 'NotInForce',
      });
      await agreementContract.end([root('2')], at(53));
      expect(await agreementContract.certificateOf(root('2'))).toEqual({
        certifiedAtS: 1_800_000_050,
        endedAtS: 1_800_000_053,
      });
      const changes = await agreementContract.readChanges();
      expect(changes.map(({ change, termsDigest }) => [change, termsDigest])).toEqual([
        ['certified', root('2')],
        ['ended', root('2')],
      ]);
    });
  });
}
