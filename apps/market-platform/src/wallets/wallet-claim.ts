import type { Claim } from '@flexledger/merkle-log';
import type { AwardsOfLog } from './awards-of-log';
import type { TokenClaims } from './token-ledger';

/** What a wallet can take out of a token contract now, as the log has awarded it. */
export interface WalletClaim {
  readonly wallet: string;
  readonly tokenContract: string;
  /** Root that the proof leads to, by which the contract pays now; null while it pays by none. */
  readonly distributionRoot: string | null;
  /**
   * Where that distribution stands in the contract, from 0: the first argument of `claim`; null while it pays by none, and
   * of contracts of earlier releases, whose `claim` takes the wallet first.
   */
  readonly distributionIndex: number | null;
  /** What the wallet can have got in all by now: the argument of `claim` after the wallet. */
  readonly cumulativeMicroEur: number;
  /** All that the wallet was ever awarded, in all contracts; what is more than can be claimed in them can still be challenged. */
  readonly awardedMicroEur: number;
  /** What it has earned by the settlements that count now. */
  readonly earnedMicroEur: number;
  /** What it was awarded too much by settlements since corrected, and earns before it gets more. */
  readonly carriedMicroEur: number;
  /** Siblings from the wallet's leaf up: the last argument of `claim`; empty where nothing can be claimed. */
  readonly proof: Claim['proof'];
}

/**
 * The claim of a wallet; nothing to claim is an answer, not an error.
 *
 * @throws ChainUnavailable
 */
export async function claimOf(
  wallet: string,
  { awards, tokens }: { readonly awards: AwardsOfLog; readonly tokens: TokenClaims },
): Promise<WalletClaim> {
  const account = wallet.toLowerCase();
  const [book, { root, index }] = await Promise.all([awards.book(), tokens.claimable()]);
  const distribution = await awards.distributionUnder(root);
  const claim = distribution?.has(account) ? distribution.proofFor(account) : undefined;
  const awardedMicroEur = book.awardedTo(account);
  const earnedMicroEur = book.earned().get(account) ?? 0;
  return {
    wallet,
    tokenContract: tokens.address,
    distributionRoot: distribution?.root ?? null,
    distributionIndex: (distribution && index) ?? null,
    cumulativeMicroEur: Number(claim?.cumulativeMicroEur ?? 0),
    awardedMicroEur,
    earnedMicroEur,
    carriedMicroEur: awardedMicroEur - earnedMicroEur,
    proof: claim?.proof ?? [],
  };
}
