/** What a chain has mined is recorded only once the chain is saved with it. */
import { ChainRefused, type FlexToken, type FlexibilityAgreement } from '@flexledger/contracts';
import { awardDigest } from '@flexledger/identity';
import { agreementLedger } from '../agreements/agreement-ledger';
import { tokenLedger } from './token-ledger';

const TX = { txHash: '0xaa', blockNumber: 7 };
const DIGEST = '11'.repeat(32);

/** Fails at the first save, as a full disk makes it. */
function failingOnce() {
  let saves = 0;
  return {
    transaction: () => ({}),
    async sent() {
      saves += 1;
      if (saves === 1) throw new Error('the chain cannot be saved');
    },
    saves: () => saves,
  };
}

it('an award whose saving failed is found on the chain and saved, before it counts', async () => {
  const sessionDigestHex = awardDigest('S1', 0);
  let isMined = false;
  const contract = {
    async award({ settlementLeafHex }: { settlementLeafHex?: string }) {
      expect(settlementLeafHex).toBe('dd'.repeat(32));
      if (isMined) throw new ChainRefused('FlexToken.award', 'AlreadyAwarded', 'AlreadyAwarded');
      isMined = true;
      return { ...TX, gasUsed: 1n };
    },
    readAwards: async () => [{ sessionDigestHex, root: '0xcc', amountMicroEur: 5n, ...TX }],
  } as unknown as FlexToken;
  const sending = failingOnce();
  const cumulative = new Map([[`0x${'22'.repeat(20)}`, 5]]);
  const settled = { sessionId: 'S1', correction: 0, settlementLeaf: 'dd'.repeat(32) };
  const award = { ...settled, amountMicroEur: 5, cumulative };
  const ledger = tokenLedger(contract, sending);
  await expect(ledger.award(award)).rejects.toThrow('cannot be saved');
  expect(await ledger.award(award)).toEqual({ distributionRoot: '0xcc', ...TX });
  expect(sending.saves()).toBe(2);
});

it('a certificate whose saving failed is found on the chain and saved, before it counts', async () => {
  let isMined = false;
  const contract = {
    async certify() {
      if (isMined) throw new ChainRefused('certify', 'AlreadyCertified', 'AlreadyCertified');
      isMined = true;
      return TX;
    },
    readChanges: async () => [{ change: 'certified', termsDigest: DIGEST, ...TX }],
  } as unknown as FlexibilityAgreement;
  const sending = failingOnce();
  const ledger = agreementLedger(contract, sending);
  await expect(ledger.record('certified', [DIGEST])).rejects.toThrow('cannot be saved');
  expect(await ledger.record('certified', [DIGEST])).toEqual(new Map([[DIGEST, TX.txHash]]));
  expect(sending.saves()).toBe(2);
});
