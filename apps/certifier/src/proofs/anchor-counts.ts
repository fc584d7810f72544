/** How many checkpoints the log says were anchored up to each, and in which contract: the certifier's stream, read on from where it was. */
import { CERTIFICATION_STREAM } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { inOrder } from '@flexledger/runtime';

/** Where a checkpoint stands among those that were anchored. */
export interface AnchorCount {
  /** Checkpoints anchored up to it, the last time that it was; 0 where it never was. */
  readonly anchors: number;
  readonly chainId: number;
  /** Address of `EventLogAnchor`, 0x-prefixed. */
  readonly contract: string;
}

/** Counts anchors; keeps a few words for each. */
export interface AnchorCounts {
  /** Of the checkpoint of so many leaves, by the log as it is now. @throws RangeError where no certifier was ever named */
  upTo(size: number): Promise<AnchorCount>;
}

/** Has read nothing yet. */
export function createAnchorCounts(log: Pick<EventStore, 'readStream'>): AnchorCounts {
  /**
   * By leaves, with the contract in force at that time; one that was lost is anchored again, behind those that were
   * made since.
   */
  const bySize = new Map<number, AnchorCount>();
  let anchors = 0;
  let revision = 0;
  let named: { readonly chainId: number; readonly anchorContract: string } | undefined;
  const inTurn = inOrder();

  async function readOn(): Promise<void> {
    for await (const event of log.readStream(CERTIFICATION_STREAM, revision)) {
      const { type, data } = event;
      if (type === 'CertifierStarted') named = data as unknown as typeof named;
      else if (type === 'CheckpointAnchored') {
        anchors += 1;
        const { chainId, anchorContract: contract } = named!;
        bySize.set((data as { readonly size: number }).size, { anchors, chainId, contract });
      }
      revision = event.revision + 1;
    }
  }

  return {
    async upTo(size) {
      await inTurn(readOn);
      if (!named)
        throw new RangeError('the log names no certifier; start one with "flexledger up"');
      const { chainId, anchorContract: contract } = named;
      return bySize.get(size) ?? { anchors: 0, chainId, contract };
    },
  };
}
