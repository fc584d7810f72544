import type { Claim } from '@flexledger/merkle-log';
import type { AwardsOfLog } from './awards-of-log';

/** What a wallet can take out of the token contract, as the log has awarded it. */
export interface WalletClaim {
  readonly wallet: string;
  readonly tokenContract: string;
  /** Root that the proof leads to, which the contract has since the last award; null before the first. */
  readonly distributionRoot: string | null;
  /** All that the wallet was ever awarded: the second argument of `claim`. */
  readonly cumulativeMicroEur: number;
  /** What it has earned by the settlements that count now. */
  readonly earnedMicroEur: number;
  /** What it was awarded too much by settlements since corrected, and earns before it gets more. */
  readonly carriedMicroEur: number;
  /** Siblings from the wallet's leaf up: the third argument of `claim`; empty where nothing was awarded. */
  readonly proof: Claim['proof'];
}

/** The claim of a wallet; nothing to claim is an answer, not an error. */
export async function claimOf(
  wallet: string,
  { awards, tokenContract }: { readonly awards: AwardsOfLog; readonly tokenContract: string },
): Promise<WalletClaim> {
  const { book, distribution } = await awards.distributed();
  const account = wallet.toLowerCase();
  const earnedMicroEur = book.earned().get(account) ?? 0;
  const isAwarded = distribution !== undefined && book.leaves().has(account);
  const claim = isAwarded ? distribution.proofFor(account) : undefined;
  const cumulativeMicroEur = Number(claim?.cumulativeMicroEur ?? 0);
  return {
    wallet,
    tokenContract,
    distributionRoot: distribution?.root ?? null,
    cumulativeMicroEur,
    earnedMicroEur,
    carriedMicroEur: cumulativeMicroEur - earnedMicroEur,
    proof: claim?.proof ?? [],
  };
}
