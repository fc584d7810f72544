import type { Result } from 'ethers';
import type { Chain } from './chain';
import {
  contractAt,
  deployContract,
  type DeployOptions,
  type TransactionOptions,
  type TransactionReceipt,
} from './contract';
import type { Claim } from '@flexledger/merkle-log';
import { flexTokenArtefact } from './generated/flex-token';
import { flexTokenArtefact1 } from './generated/released/flex-token-1';
import { flexTokenArtefact2 } from './generated/frozen/flex-token-2';
import { fromBytes32, toBytes32 } from './hex';

/** The settlement of one session on the chain. */
export interface Award {
  /** Digest of the settlement, 64 hex characters; each can be awarded once. */
  readonly sessionDigestHex: string;
  /**
   * RFC 9162 leaf, in the log, of the event that ends the settlement, 64 hex characters; contracts of earlier
   * releases keep none.
   */
  readonly settlementLeafHex?: string | undefined;
  /** Root of the distribution over all sessions so far, 0x-prefixed. */
  readonly root: string;
  /** The session's sum, which is minted. */
  readonly amountMicroEur: bigint;
}

export interface RecordedAward extends Award {
  readonly txHash: string;
  readonly blockNumber: number;
}

/** How long a distribution can be challenged before it can be claimed, by the chain's time. */
export const CHALLENGE_DELAY_S = 3_600;

/** The contract `FlexToken`. All methods throw `ChainRefused` and `ChainUnavailable`. */
export interface FlexToken {
  readonly address: string;

  /**
   * Settles a session in one transaction.
   *
   * @throws ChainRefused `AlreadyAwarded`, `AwardTooLarge`, `AccessControlUnauthorizedAccount`, `EnforcedPause`
   */
  award(award: Award, options?: TransactionOptions): Promise<TransactionReceipt>;

  /** All awards, oldest first. */
  readAwards(): Promise<RecordedAward[]>;

  /** Whether a session (64 hex characters) has been awarded. */
  isAwarded(sessionDigestHex: string): Promise<boolean>;

  /**
   * Gives an account what it earned and has not yet got, under the newest distribution that is claimable; any
   * account may send it.
   *
   * @throws ChainRefused `InvalidProof`, `NothingToClaim`, `NoSuchDistribution`, `EnforcedPause`; of contracts of earlier
   *   releases `NotClaimableYet`, `Superseded`
   */
  claim(claim: Claim, options?: TransactionOptions): Promise<TransactionReceipt>;

  /** Root of the newest distribution, 0x-prefixed; zero before the first award. */
  distributionRoot(): Promise<string>;

  /**
   * What is claimed by now: the newest distribution that nobody rejected within `CHALLENGE_DELAY_S`; of a
   * contract of release 0.1.0 the newest. Its root is zero where there is none.
   */
  claimable(): Promise<ClaimableNow>;

  /** The newest distribution; undefined where there is none, and of a contract of release 0.1.0, where each pays at once. */
  newest(): Promise<NewestDistribution | undefined>;

  /**
   * Rejects distributions that can still be challenged, for the guardian. Many are rejected by several
   * transactions, the first ones first: their time is over first.
   *
   * @returns the last of the transactions
   * @throws ChainRefused `NotChallengeable`, `NoSuchDistribution`, `AccessControlUnauthorizedAccount`
   */
  reject(first: number, last: number, options?: TransactionOptions): Promise<TransactionReceipt>;

  totalSupplyMicroEur(): Promise<bigint>;
  balanceOfMicroEur(account: string): Promise<bigint>;
  claimedMicroEur(account: string): Promise<bigint>;
}

/** A distribution that pays. */
export interface ClaimableNow {
  /** 0x-prefixed; zero where there is none. */
  readonly root: string;
  /** From 0, which `claim` of the contract takes; undefined where there is none, and of earlier releases. */
  readonly index: number | undefined;
}

/** Whether what was awarded last will be paid. */
export interface NewestDistribution {
  /** Block time from which on it pays, and is rejected no more; seconds since 1970. */
  readonly claimableAtS: number;
  readonly isRejected: boolean;
  /** It pays now, by the chain's time, or one with the same root. */
  readonly isClaimable: boolean;
}

/** Distributions that one transaction rejects: some 20,000 gas each. */
const REJECTED_AT_ONCE = 50;

/** Of this release, and of earlier ones. */
const ARTEFACTS = [flexTokenArtefact, flexTokenArtefact2, flexTokenArtefact1] as const;

/** Deploys the contract; the chain's account is its admin and awards where nobody else is named. */
export async function deployFlexToken(chain: Chain, options?: DeployOptions): Promise<FlexToken> {
  const { address } = await deployContract(chain, flexTokenArtefact, options);
  return flexTokenAt(chain, address);
}

/** The deployed contract at an address. @throws ChainRefused when the code there is another */
export async function flexTokenAt(chain: Chain, address: string): Promise<FlexToken> {
  const contract = await contractAt(chain, ARTEFACTS, address);
  const one = async <Value>(method: string, ...args: unknown[]): Promise<Value> => {
    const [value] = await contract.read(method, ...args);
    return value;
  };
  const { abi } = contract;
  const isBound = abi.getFunction('award')!.inputs.length === 4;

  async function claimable(): Promise<ClaimableNow> {
    if (isBound) {
      const [exists, index, root] = await contract.read('claimable');
      return { root, index: exists ? Number(index) : undefined };
    }
    const method = abi.hasFunction('claimableRoot') ? 'claimableRoot' : 'distributionRoot';
    return { root: await one(method), index: undefined };
  }

  async function newest(): Promise<NewestDistribution | undefined> {
    if (!abi.hasFunction('distributionAt')) return undefined;
    const count = Number(await one('distributionCount'));
    if (count === 0) return undefined;
    const { root, claimableAt, rejected } = (
      await one<Result>('distributionAt', count - 1)
    ).toObject();
    const isClaimable = (await claimable()).root === root;
    return { claimableAtS: Number(claimableAt), isRejected: rejected, isClaimable };
  }

  return {
    address,
    claimable,
    newest,
    async award({ sessionDigestHex, settlementLeafHex, root, amountMicroEur }, options) {
      const digest = toBytes32(sessionDigestHex, 'the session digest');
      // The contract names it where there is none: `NoSettlement`.
      const leaf = toBytes32(settlementLeafHex ?? '0'.repeat(64), 'the settlement leaf');
      const args = isBound ? [digest, leaf, root, amountMicroEur] : [digest, root, amountMicroEur];
      return contract.send('award', args, options);
    },
    async reject(first, last, options) {
      if (!isBound) return contract.send('reject', [first], options);
      let from = first;
      for (; last - from >= REJECTED_AT_ONCE; from += REJECTED_AT_ONCE) {
        await contract.send('reject', [from, from + REJECTED_AT_ONCE - 1], options);
      }
      return contract.send('reject', [from, last], options);
    },
    async readAwards() {
      const { topicHash } = contract.abi.getEvent('Awarded')!;
      const logs = await chain.logs(address, [topicHash]);
      return logs.map(({ topics, data, txHash, blockNumber }) => {
        const { args } = contract.abi.parseLog({ topics, data })!;
        return {
          sessionDigestHex: fromBytes32(args['sessionDigest']),
          ...(isBound ? { settlementLeafHex: fromBytes32(args['settlementLeaf']) } : {}),
          root: args['root'],
          amountMicroEur: args['amount'],
          txHash,
          blockNumber,
        };
      });
    },
    isAwarded: async (digestHex) => one('awarded', toBytes32(digestHex, 'the session digest')),
    async claim({ account, cumulativeMicroEur, proof }, options) {
      const args = [account, cumulativeMicroEur, proof];
      if (!isBound) return contract.send('claim', args, options);
      const { index = 0 } = await claimable();
      return contract.send('claim', [index, ...args], options);
    },
    distributionRoot: () => one('distributionRoot'),
    totalSupplyMicroEur: () => one('totalSupply'),
    balanceOfMicroEur: (account) => one('balanceOf', account),
    claimedMicroEur: (account) => one('claimed', account),
  };
}
