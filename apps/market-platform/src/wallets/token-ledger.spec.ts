/** What a chain has mined is recorded only once the chain is saved with it; contracts of before keep what is in them. */
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

it('balances are those of the contract in force and of those before it together', async () => {
  const holding = (microEur: bigint) =>
    ({
      balanceOfMicroEur: async () => microEur,
      claimedMicroEur: async () => 2n * microEur,
    }) as unknown as FlexToken;
  const sending = { transaction: () => ({}), sent: async () => {} };
  const ledger = tokenLedger(holding(5n), sending, [holding(1n), holding(30n)]);
  expect([await ledger.balanceOfMicroEur('0x1'), await ledger.claimedMicroEur('0x1')]).toEqual([
    36n,
    72n,
  ]);
});

it('an agreement ends in the contract that certified it', async () => {
  const [old, recent] = ['11'.repeat(32), '22'.repeat(32)];
  const ended: string[] = [];
  const holding = (name: string, certified: readonly string[]) =>
    ({
      certificateOf: async (digest: string) => ({
        certifiedAtS: certified.includes(digest) ? 1 : 0,
        endedAtS: 0,
      }),
      async certify(digests: readonly string[]) {
        ended.push(...digests.map((digest) => `${digest} certified in ${name}`));
        return { ...TX, txHash: name };
      },
      async end(digests: readonly string[]) {
        ended.push(...digests.map((digest) => `${digest} ended in ${name}`));
        return { ...TX, txHash: name };
      },
    }) as unknown as FlexibilityAgreement;
  const sending = { transaction: () => ({}), sent: async () => {} };
  const former = [holding('former', [old])];
  const ledger = agreementLedger(holding('in force', [recent]), sending, former);
  expect(await ledger.record('ended', [old, recent])).toEqual(
    new Map([
      [old, 'former'],
      [recent, 'in force'],
    ]),
  );
  await ledger.record('certified', ['33'.repeat(32)]);
  expect(ended).toEqual([
    `${old} ended in former`,
    `${recent} ended in in force`,
    `${'33'.repeat(32)} certified in in force`,
  ]);
});
