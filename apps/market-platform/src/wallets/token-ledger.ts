import {
  type ClaimableNow,
  type FlexToken,
  type TransactionOptions,
  ChainRefused,
} from '@flexledger/contracts';
import { awardDigest } from '@flexledger/identity';
import { distributionOf } from '@flexledger/merkle-log';

/** The token contract, as the market awards by it. */
export interface TokenLedger {
  /** Of the contract, 0x-prefixed. */
  readonly address: string;
  /** Publishes the cumulative distribution and mints what it adds; the same session and correction once. */
  award(award: {
    readonly sessionId: string;
    readonly correction: number;
    /** RFC 9162 leaf of the event that ends the settlement, 64 hex characters. */
    readonly settlementLeaf: string;
    readonly amountMicroEur: number;
    /** Cumulative micro-euro by wallet, all sessions so far. */
    readonly cumulative: ReadonlyMap<string, number>;
  }): Promise<{
    readonly distributionRoot: string;
    readonly txHash: string;
    readonly blockNumber: number;
  }>;
}

/** A token contract, as far as it is claimed from. */
export interface TokenClaims {
  readonly address: string;
  /** The distribution that is claimed by now. */
  claimable(): Promise<ClaimableNow>;
}

/** The token contracts of a log, as far as wallets are looked at; claims are those of the one in force. */
export interface TokenBalances extends TokenClaims {
  /** Those before it, in which what was awarded stays to be claimed. */
  readonly former: readonly TokenClaims[];
  /** Tokens an account holds now in the one in force and those before, micro-euro. */
  balanceOfMicroEur(account: string): Promise<bigint>;
  /** What an account has taken out of its awards in all of them so far, micro-euro. */
  claimedMicroEur(account: string): Promise<bigint>;
}

/** How the market's transactions are sent. */
export interface Sending {
  /** What goes with each transaction: the time of its block, where the chain is our own. */
  readonly transaction: () => TransactionOptions;
  /** Called after each transaction, before the log records it. */
  readonly sent: () => Promise<void>;
}

/**
 * Awards by the deployed `FlexToken`, and balances. Rejects as the contract does.
 *
 * @param former contracts before it, in which what was awarded stays
 */
export function tokenLedger(
  contract: FlexToken,
  { transaction, sent }: Sending,
  former: readonly FlexToken[] = [],
): TokenLedger & TokenBalances {
  async function inAll(of: (token: FlexToken) => Promise<bigint>): Promise<bigint> {
    let microEur = 0n;
    for (const token of [...former, contract]) microEur += await of(token);
    return microEur;
  }
  return {
    address: contract.address,
    claimable: () => contract.claimable(),
    former,
    balanceOfMicroEur: (account) => inAll((token) => token.balanceOfMicroEur(account)),
    claimedMicroEur: (account) => inAll((token) => token.claimedMicroEur(account)),
    async award({ sessionId, correction, settlementLeaf, amountMicroEur, cumulative }) {
      const { root } = distributionOf(cumulative);
      const sessionDigestHex = awardDigest(sessionId, correction);
      const settled = { sessionDigestHex, settlementLeafHex: settlementLeaf };
      const award = { ...settled, root, amountMicroEur: BigInt(amountMicroEur) };
      try {
        const { txHash, blockNumber } = await contract.award(award, transaction());
        await sent();
        return { distributionRoot: root, txHash, blockNumber };
      } catch (error) {
        // Sent before a crash that kept it from the log: the chain has it already.
        const before = error instanceof ChainRefused ? await contract.readAwards() : [];
        const found = before.find((other) => other.sessionDigestHex === sessionDigestHex);
        if (!found) throw error;
        // It may have been the saving that failed.
        await sent();
        const { txHash, blockNumber } = found;
        return { distributionRoot: found.root, txHash, blockNumber };
      }
    },
  };
}
