/** `FlexToken.sol` for tests: as a model in memory, and as the contract on a chain. */
import { type Distribution, distributionOf, verifyClaim } from '@flexledger/merkle-log';
import type { FlexToken, RecordedAward } from '@flexledger/contracts';
import type { DueAward } from '@flexledger/domain';
import { awardDigest } from '@flexledger/identity';
import type { TokenState } from '@flexledger/audit';
import type { Ledger } from './random-market';

export interface ModelLedger extends Ledger {
  state(): TokenState;
  /** Taken out so far, micro-euro by wallet. */
  readonly claimed: ReadonlyMap<string, bigint>;
}

/** What the contract would hold; it throws where the contract would revert. */
export function createModelLedger(tokenContract = `0x${'77'.repeat(20)}`): ModelLedger {
  const awards: RecordedAward[] = [];
  const claimed = new Map<string, bigint>();
  let distribution: Distribution | undefined;
  let reserve = 0n;
  return {
    tokenContract,
    claimed,
    async award(due) {
      const award = awardOf(due);
      if (awards.some((other) => other.sessionDigestHex === award.sessionDigestHex)) {
        throw new Error(`${due.sessionId}/${due.correction} is awarded twice`);
      }
      if (award.amountMicroEur < 0n) throw new Error(`an award of ${award.amountMicroEur}`);
      distribution = award.distribution;
      reserve += award.amountMicroEur;
      const blockNumber = awards.length + 1;
      const proof = { txHash: `0x${award.sessionDigestHex}`, blockNumber };
      awards.push({ ...award, ...proof });
      return { distributionRoot: award.root, ...proof };
    },
    async claim(wallet) {
      const claim = claimable(distribution, wallet);
      const already = claimed.get(wallet) ?? 0n;
      if (!claim || claim.cumulativeMicroEur === already) return;
      if (claim.cumulativeMicroEur < already) throw new Error(`${wallet} has claimed more already`);
      if (!verifyClaim(distribution!.root, claim)) throw new Error(`no proof for ${wallet}`);
      claimed.set(wallet, claim.cumulativeMicroEur);
      reserve -= claim.cumulativeMicroEur - already;
      if (reserve < 0n) throw new Error('the reserve is overdrawn');
    },
    state: () => ({
      totalSupplyMicroEur: awards.reduce((sum, award) => sum + award.amountMicroEur, 0n),
      distributionRoot: distribution?.root ?? '',
      awards,
    }),
  };
}

/** The contract itself. @param passDelay lets the time go by in which a distribution can be challenged */
export function contractLedger(token: FlexToken, passDelay: () => Promise<void>): Ledger {
  let distribution: Distribution | undefined;
  return {
    tokenContract: token.address,
    async award(due, settlementLeafHex) {
      const award = { ...awardOf(due), settlementLeafHex: settlementLeafHex() };
      distribution = award.distribution;
      const { txHash, blockNumber } = await token.award(award);
      return { distributionRoot: award.root, txHash, blockNumber };
    },
    async claim(wallet) {
      const claim = claimable(distribution, wallet);
      if (!claim || claim.cumulativeMicroEur === (await token.claimedMicroEur(wallet))) return;
      await passDelay();
      await token.claim(claim);
    },
  };
}

function awardOf({ sessionId, correction, amountMicroEur, cumulative }: DueAward) {
  const distribution = distributionOf(cumulative);
  const { root } = distribution;
  const sessionDigestHex = awardDigest(sessionId, correction);
  return { distribution, sessionDigestHex, root, amountMicroEur: BigInt(amountMicroEur) };
}

function claimable(distribution: Distribution | undefined, wallet: string) {
  try {
    return distribution?.proofFor(wallet);
  } catch {
    // It has been awarded nothing yet.
    return undefined;
  }
}
