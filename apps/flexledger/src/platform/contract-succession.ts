/** Contracts that follow those of a log: deployed beside them, and the work taken from those before. */
import {
  type Anvil,
  type Chain,
  type FlexToken,
  assignDuties,
  codeHashAt,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  dismissWorkers,
  readDuties,
} from '@flexledger/contracts';
import type { EventStore } from '@flexledger/event-store';
import { awardDigest } from '@flexledger/identity';
import type { ContractsChange } from '@flexledger/merkle-log';
import { isoFromMs } from '@flexledger/runtime';
import type { ChainSetting, LogContracts } from './chain';

/** How a log comes to other contracts. */
export interface ContractSuccession {
  /** Deploys others by the configuration's duties; the chain has them before the log may name them. */
  deploy(): Promise<ContractsChange['next']>;
  /** The contracts that the log names by now. */
  follow(): Promise<LogContracts>;
  /**
   * Takes the work of those before, so that nothing is anchored or awarded in them any more, whatever process still has
   * them open, on whatever machine. Agreements that were certified there end there.
   */
  close(former: ContractsChange['former']): Promise<Closed>;
  /** Gives the work back, to the accounts of the configuration, where nobody has it: a change was cut off, and is made anew. */
  reopen(former: ContractsChange['former']): Promise<void>;
}

/** What closing contracts has come to. */
export interface Closed {
  /** What was done, and what only the admin can do, in words for people. */
  readonly told: readonly string[];
  /** Who can anchor or award in them all the same, as the chain says afterwards; of release 0.1.0 nobody is known. */
  readonly workers: readonly string[];
}

/** @param chain by the account that anchors, and deploys */
export function contractSuccession(
  chain: Chain,
  { clock, duties: { admin, guardian, marketAccount } }: ChainSetting,
  follow: () => Promise<LogContracts>,
  anvil: Pick<Anvil, 'saveState'> | undefined,
): ContractSuccession {
  const withCode = async ({ address }: { readonly address: string }) => ({
    address,
    codeHash: await codeHashAt(chain, address),
  });
  return {
    follow,
    async deploy() {
      const options = { blockTimeMs: clock.nowMs(), admin, guardian };
      const ofMarket = { ...options, worker: marketAccount };
      const anchor = await deployEventLogAnchor(chain, options);
      const token = await deployFlexToken(chain, ofMarket);
      const agreement = await deployFlexibilityAgreement(chain, ofMarket);
      await anvil?.saveState();
      return {
        anchorContract: await withCode(anchor),
        tokenContract: await withCode(token),
        agreementContract: await withCode(agreement),
        admin: await anchor.owner(),
      };
    },
    async close({ anchorContract, tokenContract }) {
      const told: string[] = [];
      const workers: string[] = [];
      for (const address of [anchorContract, tokenContract]) {
        told.push(...(await dismissWorkers(chain, address, { blockTimeMs: clock.nowMs() })));
        workers.push(...((await readDuties(chain, address))?.workers ?? []));
      }
      await anvil?.saveState();
      return { told, workers };
    },
    async reopen({ anchorContract, tokenContract }) {
      const own = chain.senderAddress;
      for (const [address, worker] of [
        [anchorContract, own],
        [tokenContract, marketAccount ?? own],
      ] as const) {
        const duties = await readDuties(chain, address);
        if (!duties || duties.workers.length > 0) continue;
        await assignDuties(chain, address, { worker }, { blockTimeMs: clock.nowMs() });
      }
      await anvil?.saveState();
    },
  };
}

/** How far the chain's time may be behind, so that a rejection could still come. */
const CHAIN_BEHIND_MS = 60_000;

/**
 * Why what a token contract awarded last may never be paid there, for a sentence; undefined where it is for good. In another
 * contract it is not awarded again: what was awarded stays where it was.
 */
export async function unpaidForGood(
  token: Pick<FlexToken, 'newest'>,
  nowMs: number,
): Promise<string | undefined> {
  const newest = await token.newest();
  if (!newest || newest.isClaimable) return undefined;
  if (newest.isRejected) {
    return 'was rejected; start the platform, and change the contracts after the next award, which is cumulative';
  }
  const safeMs = newest.claimableAtS * 1_000 + CHAIN_BEHIND_MS;
  return nowMs < safeMs
    ? `can be rejected yet; change the contracts after ${isoFromMs(safeMs)}`
    : undefined;
}

/** An award that a token contract holds and the log does not know: its session and the transaction. */
export async function unrecordedAward(
  log: EventStore,
  token: Pick<FlexToken, 'readAwards'>,
): Promise<string | undefined> {
  const known = new Set<string>();
  for await (const { data } of log.readAll({ filter: { types: ['TokensAwarded'] } })) {
    const { sessionId, correction } = data as { sessionId: string; correction: number };
    known.add(awardDigest(sessionId, correction));
  }
  const awards = await token.readAwards();
  return awards.find(({ sessionDigestHex }) => !known.has(sessionDigestHex))?.txHash;
}
