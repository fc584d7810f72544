/** Contracts that follow those of a log: deployed beside them, and the work taken from those before. */
import {
  type Anvil,
  type Chain,
  type FlexToken,
  codeHashAt,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  dismissWorkers,
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
   * them open. Agreements that were certified there end there.
   *
   * @returns what was done, and what only the admin can do
   */
  retire(former: ContractsChange['former']): Promise<string[]>;
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
    async retire({ anchorContract, tokenContract }) {
      const told: string[] = [];
      for (const address of [anchorContract, tokenContract]) {
        told.push(...(await dismissWorkers(chain, address, { blockTimeMs: clock.nowMs() })));
      }
      await anvil?.saveState();
      return told;
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
