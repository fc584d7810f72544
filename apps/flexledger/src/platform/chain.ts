/** The chain of a data folder: the embedded one, or any EVM chain by its RPC address. */
import path from 'node:path';
import type { Anchors } from '@flexledger/certifier';
import { distributionOf } from '@flexledger/merkle-log';
import {
  type Anvil,
  type Chain,
  type EventLogAnchor,
  type FlexToken,
  type FlexibilityAgreement,
  type TransactionOptions,
  AGREEMENTS_AT_ONCE,
  ChainRefused,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  eventLogAnchorAt,
  flexTokenAt,
  flexibilityAgreementAt,
  startAnvil,
} from '@flexledger/contracts';
import type { CertificationEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { awardDigest } from '@flexledger/identity';
import type { AgreementLedger, CertifiedStep, TokenLedger } from '@flexledger/market-platform';
import type { Clock } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import type { PlatformKeys } from './keys';

export interface PlatformChain {
  readonly chainId: number;
  readonly anchorContract: EventLogAnchor;
  readonly tokenContract: FlexToken;
  readonly anchors: Anchors;
  readonly tokens: TokenLedger;
  readonly agreementContract: FlexibilityAgreement;
  readonly agreements: AgreementLedger;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/** File that keeps the embedded chain between runs. */
export const chainFile = (dataDir: string): string => path.join(dataDir, 'chain.json');

type Started = Extract<CertificationEvent, { type: 'CertifierStarted' }>['data'];

/** Contracts named in the log, if any were. */
export async function recordedContracts(store: EventStore): Promise<Started | undefined> {
  let last: Started | undefined;
  for await (const event of store.readAll({ filter: { types: ['CertifierStarted'] } })) {
    last = event.data as Started;
  }
  return last;
}

/** Opens the chain and the log's contracts on it, deploying them for a new log. */
export async function openChain(options: {
  readonly dataDir: string;
  readonly keys: PlatformKeys;
  readonly store: EventStore;
  readonly clock: Clock;
  /** Of a chain that runs elsewhere; the embedded one when absent. */
  readonly rpcUrl?: string;
  /** Saves the embedded chain after every transaction too, so that a killed process loses none. */
  readonly saveOften: boolean;
}): Promise<PlatformChain> {
  const { dataDir, keys, store, clock, rpcUrl, saveOften } = options;
  const privateKey = `0x${keys.chainKey}`;
  const anvil: Anvil | undefined =
    rpcUrl === undefined
      ? await startAnvil({
          stateFile: chainFile(dataDir),
          genesisTimestampS: Math.floor(clock.nowMs() / 1_000),
          fundedAddresses: [computeAddress(privateKey)],
        })
      : undefined;
  try {
    const chain = await connectChain({
      rpcUrl: rpcUrl ?? anvil!.rpcUrl,
      privateKey,
      timeoutMs: TIMEOUT_MS,
      ownDevelopmentChain: anvil !== undefined,
    });
    const blockTime = () => ({ blockTimeMs: clock.nowMs() });
    const known = await recordedContracts(store);
    const anchorContract = known
      ? await eventLogAnchorAt(chain, known.anchorContract)
      : await deployEventLogAnchor(chain, blockTime());
    const tokenContract = known
      ? await flexTokenAt(chain, known.tokenContract)
      : await deployFlexToken(chain, blockTime());
    const agreementContract = known?.agreementContract
      ? await flexibilityAgreementAt(chain, known.agreementContract)
      : await deployFlexibilityAgreement(chain, blockTime());
    // The log is about to name these contracts: from now on the chain must not be without them.
    if (!known?.agreementContract) await anvil?.saveState();
    const save = async (): Promise<void> => {
      if (saveOften) await anvil?.saveState();
    };
    const contracts = { anchorContract, tokenContract, agreementContract };
    return platformChain({ chain, anvil, ...contracts, clock, save });
  } catch (error) {
    await anvil?.stop();
    throw error;
  }
}

interface ChainParts {
  readonly chain: Chain;
  readonly anvil: Anvil | undefined;
  readonly anchorContract: EventLogAnchor;
  readonly tokenContract: FlexToken;
  readonly agreementContract: FlexibilityAgreement;
  readonly clock: Clock;
  /** Called after each transaction, before the log records it. */
  readonly save: () => Promise<void>;
}

function platformChain(parts: ChainParts): PlatformChain {
  const { chain, anvil, anchorContract, tokenContract, agreementContract, clock, save } = parts;
  const blockTime = () => ({ blockTimeMs: clock.nowMs() });
  return {
    chainId: Number(chain.chainId),
    anchorContract,
    tokenContract,
    agreementContract,
    agreements: agreementLedger(agreementContract, blockTime, save),
    anchors: {
      async anchor(size, rootHex) {
        const { txHash, blockNumber } = await anchorContract.anchor(size, rootHex, blockTime());
        await save();
        return { txHash, blockNumber };
      },
    },
    tokens: {
      async award({ sessionId, correction, amountMicroEur, cumulative }) {
        const { root } = distributionOf(cumulative);
        const sessionDigestHex = awardDigest(sessionId, correction);
        const award = { sessionDigestHex, root, amountMicroEur: BigInt(amountMicroEur) };
        try {
          const { txHash, blockNumber } = await tokenContract.award(award, blockTime());
          await save();
          return { distributionRoot: root, txHash, blockNumber };
        } catch (error) {
          // Sent before a crash that kept it from the log: the chain has it already.
          const before = error instanceof ChainRefused ? await tokenContract.readAwards() : [];
          const found = before.find((other) => other.sessionDigestHex === sessionDigestHex);
          if (!found) throw error;
          const { txHash, blockNumber } = found;
          return { distributionRoot: found.root, txHash, blockNumber };
        }
      },
    },
    stop: async () => anvil?.stop(),
  };
}

/** The agreement contract as the market's ledger. */
function agreementLedger(
  contract: FlexibilityAgreement,
  blockTime: () => TransactionOptions,
  save: () => Promise<void>,
): AgreementLedger {
  async function send(step: CertifiedStep, digests: readonly string[]): Promise<string> {
    const sent = step === 'certified' ? contract.certify : contract.end;
    const { txHash } = await sent(digests, blockTime());
    await save();
    return txHash;
  }
  return {
    atOnce: AGREEMENTS_AT_ONCE,
    async record(step, digests) {
      const transactions = new Map<string, string>();
      try {
        const txHash = await send(step, digests);
        for (const digest of digests) transactions.set(digest, txHash);
      } catch (error) {
        if (!(error instanceof ChainRefused)) throw error;
        // Sent before a crash that kept it from the log: the chain has some of them already.
        for (const { change, termsDigest, txHash } of await contract.readChanges()) {
          if (change === step && digests.includes(termsDigest)) {
            transactions.set(termsDigest, txHash);
          }
        }
        const missing = digests.filter((digest) => !transactions.has(digest));
        if (transactions.size === 0) throw error;
        const txHash = missing.length === 0 ? '' : await send(step, missing);
        for (const digest of missing) transactions.set(digest, txHash);
      }
      return transactions;
    },
  };
}
