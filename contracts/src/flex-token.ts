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
import { fromBytes32, toBytes32 } from './hex';

/** The settlement of one session on the chain. */
export interface Award {
  /** Digest of the settlement, 64 hex characters; each can be awarded once. */
  readonly sessionDigestHex: string;
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
   * Gives an account what it earned and has not yet got; any account may send it.
   *
   * @throws ChainRefused `InvalidProof`, `NothingToClaim`, `NotClaimableYet`, `Superseded`, `EnforcedPause`
   */
  claim(claim: Claim, options?: TransactionOptions): Promise<TransactionReceipt>;

  /** Root of the newest distribution, 0x-prefixed; zero before the first award. */
  distributionRoot(): Promise<string>;

  /**
   * Root that is claimed by now, 0x-prefixed, zero where there is none: the newest one that nobody rejected
   * within `CHALLENGE_DELAY_S`; of a contract of release 0.1.0 the newest.
   */
  claimableRoot(): Promise<string>;

  totalSupplyMicroEur(): Promise<bigint>;
  balanceOfMicroEur(account: string): Promise<bigint>;
  claimedMicroEur(account: string): Promise<bigint>;
}

/** Of this release, and of earlier ones. */
const ARTEFACTS = [flexTokenArtefact, flexTokenArtefact1] as const;

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
  return {
    address,
    async award({ sessionDigestHex, root, amountMicroEur }, options) {
      const digest = toBytes32(sessionDigestHex, 'the session digest');
      return contract.send('award', [digest, root, amountMicroEur], options);
    },
    async readAwards() {
      const { topicHash } = contract.abi.getEvent('Awarded')!;
      const logs = await chain.logs(address, [topicHash]);
      return logs.map(({ topics, data, txHash, blockNumber }) => {
        const { args } = contract.abi.parseLog({ topics, data })!;
        return {
          sessionDigestHex: fromBytes32(args['sessionDigest']),
          root: args['root'],
          amountMicroEur: args['amount'],
          txHash,
          blockNumber,
        };
      });
    },
    isAwarded: async (digestHex) => one('awarded', toBytes32(digestHex, 'the session digest')),
    async claim({ account, cumulativeMicroEur, proof }, options) {
      return contract.send('claim', [account, cumulativeMicroEur, proof], options);
    },
    distributionRoot: () => one('distributionRoot'),
    claimableRoot: () =>
      one(contract.abi.hasFunction('claimableRoot') ? 'claimableRoot' : 'distributionRoot'),
    totalSupplyMicroEur: () => one('totalSupply'),
    balanceOfMicroEur: (account) => one('balanceOf', account),
    claimedMicroEur: (account) => one('claimed', account),
  };
}
