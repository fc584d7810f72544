import fc from 'fast-check';
import { MaxUint256, Wallet, ZeroAddress } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import { contractAt, type DeployedContract } from './contract';
import { type DistributionEntry, buildDistribution } from '@flexledger/merkle-log';
import { CHALLENGE_DELAY_S, deployFlexToken, type FlexToken, flexTokenAt } from './flex-token';
import { flexTokenArtefact } from './generated/flex-token';
import { passTime } from './testing/pass-time';

/** Goal: tokens always equal awards, and each account gets its own once. Method: a real anvil. */

const keyOf = (digits: string): string => `0x${digits.repeat(32)}`;
const addressOf = (digits: string): string => new Wallet(keyOf(digits)).address;
/** Of a settlement: what a contract is told of it is the market's word, which an audit compares. */
const LEAF = '1e'.repeat(32);
const digestOf = (index: number): string => index.toString(16).padStart(64, '0');
const [alice, bruno, carla] = ['a1', 'b2', 'c3'].map(addressOf) as [string, string, string];

let anvil: Anvil;
let operator: Chain;
let customer: Chain;
let token: FlexToken;

beforeAll(async () => {
  anvil = await startAnvil({ fundedAddresses: [addressOf('01'), alice] });
  const options = { rpcUrl: anvil.rpcUrl, timeoutMs: 5000 };
  operator = await connectChain({ ...options, privateKey: keyOf('01') });
  customer = await connectChain({ ...options, privateKey: keyOf('a1') });
});
beforeEach(async () => {
  token = await deployFlexToken(operator);
});
afterAll(async () => anvil.stop());

async function awardEntries(session: number, amounts: Record<string, bigint>, sum: bigint) {
  const entries = Object.entries(amounts).map(([account, cumulativeMicroEur]) => ({
    account,
    cumulativeMicroEur,
  }));
  const distribution = buildDistribution(entries);
  const { root } = distribution;
  await token.award({
    sessionDigestHex: digestOf(session),
    settlementLeafHex: LEAF,
    root,
    amountMicroEur: sum,
  });
  await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
  return distribution;
}

describe('an award', () => {
  it('mints the session into the reserve and replaces the root', async () => {
    const first = await awardEntries(1, { [alice]: 30n, [bruno]: 70n }, 100n);
    expect(await token.totalSupplyMicroEur()).toBe(100n);
    expect(await token.balanceOfMicroEur(token.address)).toBe(100n);
    expect(await token.distributionRoot()).toBe(first.root);
    const second = await awardEntries(2, { [alice]: 30n, [bruno]: 75n }, 5n);
    expect(await token.totalSupplyMicroEur()).toBe(105n);
    expect(await token.distributionRoot()).toBe(second.root);
    expect(await token.readAwards()).toMatchObject([
      {
        sessionDigestHex: digestOf(1),
        settlementLeafHex: LEAF,
        root: first.root,
        amountMicroEur: 100n,
      },
      {
        sessionDigestHex: digestOf(2),
        settlementLeafHex: LEAF,
        root: second.root,
        amountMicroEur: 5n,
      },
    ]);
  });

  it('is made once a session', async () => {
    await awardEntries(1, { [alice]: 30n }, 30n);
    expect(await token.isAwarded(digestOf(1))).toBe(true);
    expect(await token.isAwarded(digestOf(2))).toBe(false);
    await expect(awardEntries(1, { [alice]: 60n }, 30n)).rejects.toMatchObject({
      errorName: 'AlreadyAwarded',
      reason: `AlreadyAwarded(0x${digestOf(1)})`,
    });
    expect(await token.totalSupplyMicroEur()).toBe(30n);
  });

  it('names the settlement that it follows from, for good', async () => {
    await awardEntries(1, { [alice]: 30n }, 30n);
    const [award] = await token.readAwards();
    expect(award).toMatchObject({ sessionDigestHex: digestOf(1), settlementLeafHex: LEAF });
    const unnamed = { sessionDigestHex: digestOf(2), root: `0x${digestOf(9)}`, amountMicroEur: 1n };
    await expect(token.award(unnamed)).rejects.toMatchObject({ errorName: 'NoSettlement' });
  });

  it('is for the distributor alone', async () => {
    const asCustomer = await flexTokenAt(customer, token.address);
    const award = {
      sessionDigestHex: digestOf(1),
      settlementLeafHex: LEAF,
      root: `0x${digestOf(9)}`,
      amountMicroEur: 1n,
    };
    await expect(asCustomer.award(award)).rejects.toMatchObject({
      errorName: 'AccessControlUnauthorizedAccount',
    });
  });

  it('mints 2^64 micro-euro at most, so that none blocks all later ones', async () => {
    const most = 2n ** 64n;
    for (const sum of [most + 1n, MaxUint256]) {
      await expect(awardEntries(1, { [alice]: 1n }, sum)).rejects.toMatchObject({
        reason: `AwardTooLarge(${sum}, ${most})`,
      });
    }
    await awardEntries(1, { [alice]: 1n }, most);
    await awardEntries(2, { [alice]: 2n }, 1n);
    expect(await token.totalSupplyMicroEur()).toBe(most + 1n);
  });

  it('can be made an hour after a hundred within an hour, and the newest of those be claimed', async () => {
    for (let session = 1; session <= 100; session += 1) {
      const { root } = buildDistribution([{ account: alice, cumulativeMicroEur: BigInt(session) }]);
      await token.award({
        sessionDigestHex: digestOf(session),
        settlementLeafHex: LEAF,
        root,
        amountMicroEur: 1n,
      });
    }
    const { root: newest, proofFor } = buildDistribution([
      { account: alice, cumulativeMicroEur: 100n },
    ]);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const { root } = buildDistribution([{ account: alice, cumulativeMicroEur: 101n }]);
    const award = {
      sessionDigestHex: digestOf(101),
      settlementLeafHex: LEAF,
      root,
      amountMicroEur: 1n,
    };
    const { gasUsed } = await token.award(award);
    expect(gasUsed).toBeLessThan(260_000n);
    expect((await token.claimable()).root).toBe(newest);
    // No claim pays for what others have not written down.
    expect((await token.claim(proofFor(alice))).gasUsed).toBeLessThan(130_000n);
    expect(await token.balanceOfMicroEur(alice)).toBe(100n);
  });
});

describe('a root that is proposed twice', () => {
  const propose = (session: number, amounts: Record<string, bigint>, amountMicroEur: bigint) => {
    const entries = Object.entries(amounts);
    const distribution = buildDistribution(
      entries.map(([account, cumulativeMicroEur]) => ({ account, cumulativeMicroEur })),
    );
    const { root } = distribution;
    const settled = { sessionDigestHex: digestOf(session), settlementLeafHex: LEAF };
    return token.award({ ...settled, root, amountMicroEur }).then(() => distribution);
  };

  it('is claimed under the last that is claimable, wherever it stood before', async () => {
    const honest = await propose(1, { [alice]: 5n }, 5n);
    // Who has the key of the distributor knows the next honest root, and lets another follow it.
    const next = await propose(2, { [alice]: 9n }, 4n);
    await propose(3, { [carla]: 1n }, 0n);
    await propose(4, { [alice]: 9n }, 0n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    expect(await token.claimable()).toEqual({ root: next.root, index: 3 });
    await token.claim(next.proofFor(alice));
    expect(await token.balanceOfMicroEur(alice)).toBe(9n);
    // An old root once more holds up nobody longer than until the next award.
    await propose(5, { [alice]: 5n }, 0n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    expect((await token.claimable()).root).toBe(honest.root);
    const last = await propose(6, { [alice]: 9n, [bruno]: 2n }, 2n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    await token.claim(last.proofFor(bruno));
    expect(await token.balanceOfMicroEur(bruno)).toBe(2n);
  });

  it('costs no more to claim under however many awards of nothing', async () => {
    const { proofFor } = await propose(1, { [alice]: 5n, [bruno]: 5n }, 10n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const { gasUsed } = await token.claim(proofFor(alice));
    for (let session = 2; session <= 60; session += 1) {
      await propose(session, { [alice]: 5n, [bruno]: 5n }, 0n);
    }
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const later = await token.claim(proofFor(bruno));
    expect(Number(later.gasUsed)).toBeLessThan(Number(gasUsed) + 1_000);
  });
});

describe('a claim', () => {
  it('gives the account what it earned over all sessions, whoever sends it', async () => {
    await awardEntries(1, { [alice]: 30n, [bruno]: 70n, [carla]: 1n }, 101n);
    const later = await awardEntries(2, { [alice]: 50n, [bruno]: 70n, [carla]: 1n }, 20n);
    await token.claim(later.proofFor(alice));
    const asCustomer = await flexTokenAt(customer, token.address);
    await asCustomer.claim(later.proofFor(bruno));
    expect(await token.balanceOfMicroEur(alice)).toBe(50n);
    expect(await token.balanceOfMicroEur(bruno)).toBe(70n);
    expect(await token.claimedMicroEur(alice)).toBe(50n);
    expect(await token.balanceOfMicroEur(token.address)).toBe(1n);
  });

  it('gives only the growth after an earlier one', async () => {
    const first = await awardEntries(1, { [alice]: 30n }, 30n);
    await token.claim(first.proofFor(alice));
    const second = await awardEntries(2, { [alice]: 45n }, 15n);
    await token.claim(second.proofFor(alice));
    expect(await token.balanceOfMicroEur(alice)).toBe(45n);
    expect(await token.balanceOfMicroEur(token.address)).toBe(0n);
  });

  it('is refused the second time', async () => {
    const { proofFor } = await awardEntries(1, { [alice]: 30n, [bruno]: 70n }, 100n);
    await token.claim(proofFor(alice));
    await expect(token.claim(proofFor(alice))).rejects.toMatchObject({
      reason: `NothingToClaim(${alice}, 30, 30)`,
    });
    expect(await token.balanceOfMicroEur(alice)).toBe(30n);
  });

  it('is refused with another amount, account or proof, or an outdated one', async () => {
    const first = await awardEntries(1, { [alice]: 30n, [bruno]: 70n }, 100n);
    const good = first.proofFor(alice);
    for (const bad of [
      { ...good, cumulativeMicroEur: 31n },
      { ...good, account: carla },
      { ...good, proof: [] },
      { ...good, proof: first.proofFor(bruno).proof },
    ]) {
      await expect(token.claim(bad)).rejects.toMatchObject({ errorName: 'InvalidProof' });
    }
    await awardEntries(2, { [alice]: 30n, [bruno]: 90n }, 20n);
    await expect(token.claim(good)).rejects.toMatchObject({ errorName: 'InvalidProof' });
    expect(await token.balanceOfMicroEur(alice)).toBe(0n);
  });

  it('is never paid beyond the reserve, even if a distribution promises more', async () => {
    const { proofFor } = await awardEntries(1, { [alice]: 80n, [bruno]: 80n }, 100n);
    await token.claim(proofFor(alice));
    await expect(token.claim(proofFor(bruno))).rejects.toMatchObject({
      reason: `ERC20InsufficientBalance(${token.address}, 20, 80)`,
    });
    expect(await token.claimedMicroEur(bruno)).toBe(0n);
  });
});

describe('the supply', () => {
  const accounts = [alice, bruno, carla, addressOf('d4')];
  const amounts = fc.array(fc.bigInt(0n, 10n ** 9n), {
    minLength: accounts.length,
    maxLength: accounts.length,
  });
  const steps = fc.array(fc.record({ earned: amounts, claimants: fc.subarray([0, 1, 2, 3]) }), {
    minLength: 1,
    maxLength: 4,
  });

  it('equals the awards and the balances after any sequence of awards and claims', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        token = await deployFlexToken(operator);
        const cumulative = accounts.map(() => 0n);
        let awarded = 0n;
        for (const [session, { earned, claimants }] of sequence.entries()) {
          earned.forEach((amount, at) => (cumulative[at]! += amount));
          const sum = earned.reduce((one, other) => one + other);
          awarded += sum;
          const list = accounts.map((account, at) => [account, cumulative[at]!] as const);
          const { proofFor } = await awardEntries(session, Object.fromEntries(list), sum);
          for (const at of claimants) {
            const before = await token.claimedMicroEur(accounts[at]!);
            if (cumulative[at]! > before) await token.claim(proofFor(accounts[at]!));
            expect(await token.balanceOfMicroEur(accounts[at]!)).toBe(cumulative[at]);
          }
          expect(await token.totalSupplyMicroEur()).toBe(awarded);
          const holders = [...accounts, token.address];
          const balances = await Promise.all(holders.map((one) => token.balanceOfMicroEur(one)));
          expect(balances.reduce((one, other) => one + other)).toBe(awarded);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('as an ERC-20 token', () => {
  let erc20: DeployedContract;
  let asOperator: DeployedContract;

  beforeEach(async () => {
    const { proofFor } = await awardEntries(1, { [alice]: 100n }, 100n);
    await token.claim(proofFor(alice));
    erc20 = await contractAt(customer, [flexTokenArtefact], token.address);
    asOperator = await contractAt(operator, [flexTokenArtefact], token.address);
  });

  it('is called by its names, and counts in micro-euro', async () => {
    const read = async (method: string): Promise<unknown> => (await erc20.read(method))[0];
    expect(await read('name')).toBe('Flexledger flexibility award');
    expect(await read('symbol')).toBe('FLEX');
    expect(await read('decimals')).toBe(6n);
  });

  it('is transferred by its holder, to oneself too', async () => {
    await erc20.send('transfer', [bruno, 40n]);
    await erc20.send('transfer', [alice, 60n]);
    expect(await token.balanceOfMicroEur(alice)).toBe(60n);
    expect(await token.balanceOfMicroEur(bruno)).toBe(40n);
    await expect(erc20.send('transfer', [bruno, 61n])).rejects.toMatchObject({
      reason: `ERC20InsufficientBalance(${alice}, 60, 61)`,
    });
    await expect(erc20.send('transfer', [ZeroAddress, 1n])).rejects.toMatchObject({
      errorName: 'ERC20InvalidReceiver',
    });
  });

  it('is transferred by others within what the holder allows', async () => {
    const spender = operator.senderAddress;
    await erc20.send('approve', [spender, 30n]);
    await asOperator.send('transferFrom', [alice, bruno, 20n]);
    expect(await token.balanceOfMicroEur(bruno)).toBe(20n);
    expect((await erc20.read('allowance', alice, spender))[0]).toBe(10n);
    await expect(asOperator.send('transferFrom', [alice, bruno, 11n])).rejects.toMatchObject({
      reason: `ERC20InsufficientAllowance(${spender}, 10, 11)`,
    });
    await expect(erc20.send('approve', [ZeroAddress, 1n])).rejects.toMatchObject({
      errorName: 'ERC20InvalidSpender',
    });
  });

  it('keeps an unlimited allowance', async () => {
    const spender = operator.senderAddress;
    await erc20.send('approve', [spender, MaxUint256]);
    await asOperator.send('transferFrom', [alice, bruno, 20n]);
    expect((await erc20.read('allowance', alice, spender))[0]).toBe(MaxUint256);
  });
});

it('pays a session of 1,500 accounts with one award', async () => {
  const entries: DistributionEntry[] = Array.from({ length: 1500 }, (_, index) => ({
    account: `0x${(index + 1).toString(16).padStart(40, '0')}`,
    cumulativeMicroEur: BigInt(index + 1),
  }));
  const { root, proofFor } = buildDistribution(entries);
  const amountMicroEur = (1500n * 1501n) / 2n;
  const receipt = await token.award({
    sessionDigestHex: digestOf(1),
    settlementLeafHex: LEAF,
    root,
    amountMicroEur,
  });
  expect(receipt.gasUsed).toBeLessThan(260_000n);
  await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
  const last = proofFor(entries[1499]!.account);
  await token.claim(last);
  expect(await token.balanceOfMicroEur(last.account)).toBe(1500n);
});
