import type { EventLogAnchor } from '@flexledger/contracts';
import type { Clock } from '@flexledger/runtime';
import type { Anchors } from './anchors';

export interface ChainAnchorsOptions {
  readonly contract: Pick<EventLogAnchor, 'anchor' | 'latest'>;
  /** Gives a development chain the time of its blocks. */
  readonly clock: Clock;
  /** Called after each transaction, before the log records it. */
  readonly afterTransaction: () => Promise<void>;
}

/** Anchors in the contract `EventLogAnchor`. The same anchor again changes nothing there. */
export function chainAnchors(options: ChainAnchorsOptions): Anchors {
  const { contract, clock, afterTransaction } = options;
  return {
    async anchor(size, rootHex) {
      const blockTime = { blockTimeMs: clock.nowMs() };
      const { txHash, blockNumber } = await contract.anchor(size, rootHex, blockTime);
      await afterTransaction();
      return { txHash, blockNumber };
    },
    standingSize: async () => (await contract.latest())?.size ?? 0,
  };
}
