/**
 * The chain with the log's three contracts, as a model: what they hold and refuse, blocks with their times,
 * and a snapshot for the audit. It stands under the same tests as the contracts on a real chain
 * (`chain.spec-suite.ts`).
 */
import type { ChainSnapshot } from '@flexledger/audit';
import {
  type Anchor,
  type CertifiedChange,
  type EventLogAnchor,
  type FlexToken,
  type FlexibilityAgreement,
  type RecordedAward,
  type TransactionOptions,
  type TransactionReceipt,
  ChainRefused,
} from '@flexledger/contracts';
import { sha256Hex } from '@flexledger/identity';

/** What the platforms use of the contracts. */
export interface ChainContracts {
  readonly anchorContract: Pick<EventLogAnchor, 'address' | 'anchor' | 'readAnchors' | 'latest'>;
  readonly tokenContract: Pick<
    FlexToken,
    | 'address'
    | 'award'
    | 'readAwards'
    | 'distributionRoot'
    | 'totalSupplyMicroEur'
    | 'balanceOfMicroEur'
    | 'claimedMicroEur'
  >;
  readonly agreementContract: Pick<
    FlexibilityAgreement,
    'address' | 'certify' | 'end' | 'certificateOf' | 'readChanges'
  >;
}

export interface ModelChain extends ChainContracts {
  readonly chainId: number;
  /** As an audit is given it. */
  snapshot(): ChainSnapshot;
  /** The last so many transactions never were: another branch has become the longer one. */
  reorganise(transactions: number): void;
}

export interface ModelChainOptions {
  /** Whether the token contract refuses what it has awarded already. It does; a model of a broken one does not. */
  readonly refusesSecondAward?: boolean;
}

const ZERO_ROOT = `0x${'0'.repeat(64)}`;
const CHAIN_ID = 31_337;
const CERTIFIER = `0x${'c0'.repeat(20)}`;

interface State {
  readonly anchors: readonly Anchor[];
  readonly awards: readonly RecordedAward[];
  readonly changes: readonly CertifiedChange[];
  readonly certificates: ReadonlyMap<string, { certifiedAtS: number; endedAtS: number }>;
  readonly blockNumber: number;
  readonly timestampS: number;
}

/** A chain with contracts that hold nothing. */
export function createModelChain({
  refusesSecondAward = true,
}: ModelChainOptions = {}): ModelChain {
  let state: State = {
    anchors: [],
    awards: [],
    changes: [],
    certificates: new Map(),
    blockNumber: 0,
    timestampS: 0,
  };
  /** By transaction, as the contracts were before it. */
  const before: State[] = [];
  let sent = 0;

  /** Mines a block with one transaction. */
  async function send(
    options: TransactionOptions | undefined,
    change: (block: { timestampS: number; txHash: string; blockNumber: number }) => Partial<State>,
  ): Promise<TransactionReceipt> {
    sent += 1;
    const txHash = `0x${sha256Hex(`transaction ${sent}`)}`;
    const wantedS = Math.floor((options?.blockTimeMs ?? 0) / 1_000);
    const timestampS = Math.max(state.timestampS + 1, wantedS);
    const blockNumber = state.blockNumber + 1;
    const changed = change({ timestampS, txHash, blockNumber });
    before.push(state);
    state = { ...state, ...changed, blockNumber, timestampS };
    return { txHash, blockNumber } as TransactionReceipt;
  }

  function refuse(operation: string, reason: string): never {
    throw new ChainRefused(operation, reason, reason.split('(')[0]);
  }

  const anchorContract: ModelChain['anchorContract'] = {
    address: `0x${'a1'.repeat(20)}`,
    anchor: async (size, rootHex, options) =>
      send(options, ({ timestampS }) => {
        const last = state.anchors.at(-1);
        if (last && size < last.size) {
          refuse('EventLogAnchor.anchor', `SizeShrinks(${last.size}, ${size})`);
        }
        if (last?.size === size && last.rootHex !== rootHex) {
          refuse('EventLogAnchor.anchor', `RootDiffers(${size})`);
        }
        if (last?.size === size) return {};
        return { anchors: [...state.anchors, { size, rootHex, timestampS }] };
      }),
    readAnchors: async (first = 0) => state.anchors.slice(first),
    latest: async () => state.anchors.at(-1),
  };

  const tokenContract: ModelChain['tokenContract'] = {
    address: `0x${'b2'.repeat(20)}`,
    award: async (award, options) =>
      send(options, ({ txHash, blockNumber }) => {
        const isKnown = state.awards.some(
          ({ sessionDigestHex }) => sessionDigestHex === award.sessionDigestHex,
        );
        if (isKnown && refusesSecondAward) {
          refuse('FlexToken.award', `AlreadyAwarded(0x${award.sessionDigestHex})`);
        }
        return { awards: [...state.awards, { ...award, txHash, blockNumber }] };
      }),
    readAwards: async () => [...state.awards],
    distributionRoot: async () => distributionRoot(),
    totalSupplyMicroEur: async () => totalSupply(),
    balanceOfMicroEur: async () => 0n,
    claimedMicroEur: async () => 0n,
  };

  /** Block times of each agreement that a transaction changes. */
  function changed(
    change: CertifiedChange['change'],
    digests: readonly string[],
    options?: TransactionOptions,
  ): Promise<TransactionReceipt> {
    return send(options, ({ timestampS, txHash, blockNumber }) => {
      const certificates = new Map(state.certificates);
      const changes = digests.map((termsDigest): CertifiedChange => {
        const known = certificates.get(termsDigest);
        if (change === 'certified' && known) {
          refuse('FlexibilityAgreement.certify', `AlreadyCertified(0x${termsDigest})`);
        }
        if (change === 'ended' && (!known || known.endedAtS > 0)) {
          refuse('FlexibilityAgreement.end', `NotInForce(0x${termsDigest})`);
        }
        certificates.set(
          termsDigest,
          change === 'certified'
            ? { certifiedAtS: timestampS, endedAtS: 0 }
            : { certifiedAtS: known!.certifiedAtS, endedAtS: timestampS },
        );
        return { change, termsDigest, certifier: CERTIFIER, txHash, blockNumber };
      });
      return { certificates, changes: [...state.changes, ...changes] };
    });
  }

  const agreementContract: ModelChain['agreementContract'] = {
    address: `0x${'c3'.repeat(20)}`,
    certify: async (digests, options) => changed('certified', digests, options),
    end: async (digests, options) => changed('ended', digests, options),
    certificateOf: async (digest) =>
      state.certificates.get(digest) ?? { certifiedAtS: 0, endedAtS: 0 },
    readChanges: async () => [...state.changes],
  };

  const totalSupply = (): bigint =>
    state.awards.reduce((sum, { amountMicroEur }) => sum + amountMicroEur, 0n);
  const distributionRoot = (): string => state.awards.at(-1)?.root ?? ZERO_ROOT;

  return {
    chainId: CHAIN_ID,
    anchorContract,
    tokenContract,
    agreementContract,
    snapshot: () => ({
      chainId: CHAIN_ID,
      genesisHash: ZERO_ROOT,
      contracts: new Map(),
      anchors: new Map([[anchorContract.address, state.anchors]]),
      tokens: new Map([
        [
          tokenContract.address,
          {
            totalSupplyMicroEur: totalSupply(),
            distributionRoot: distributionRoot(),
            awards: state.awards,
          },
        ],
      ]),
      agreements: new Map([[agreementContract.address, state.changes]]),
      access: new Map(),
    }),
    reorganise(transactions) {
      for (let count = 0; count < transactions && before.length > 0; count += 1) {
        state = before.pop()!;
      }
    },
  };
}
