/** Sealed checkpoints of the Merkle log and their anchors on the chain (DESIGN 10). */
import type { CertificationEvent } from '@flexledger/domain';
import { sortable } from '../document-key';
import type { Recorded, View } from '../view';

export interface CheckpointDocument {
  /** Leaves covered: the first so many of the certifier's tree, one an event in the order of the log. */
  readonly size: number;
  /** Position of the event of the last of them, which is no count; null where the log holds the anchor only. */
  readonly lastPosition: number | null;
  /** RFC 9162 root, hex. */
  readonly root: string;
  /** The signed C2SP tlog-checkpoint with the lines of witnesses that cosigned it; null where the log holds the anchor only. */
  readonly note: string | null;
  readonly sealedAt: string | null;
  /** `size` once it is anchored, null before: finds the latest anchor. */
  readonly anchoredSize: number | null;
  readonly anchor: {
    readonly txHash: string;
    readonly blockNumber: number;
    readonly anchoredAt: string;
  } | null;
  /** Attempts to anchor that failed, and the last one's reason. */
  readonly failures: number;
  readonly lastFailure: string | null;
}

type CheckpointEvent = Recorded<
  Exclude<CertificationEvent, { type: 'CertifierStarted' | 'LogKeyReplaced' | 'ContractsChanged' }>
>;

export const checkpointsView: View<CheckpointDocument, CheckpointEvent> = {
  name: 'checkpoints',
  version: 4,
  types: [
    'CheckpointSealed',
    'CheckpointCosigned',
    'CheckpointAnchored',
    'AnchorLost',
    'AnchorFailed',
  ],
  indexes: ['size', 'anchoredSize'],
  keysOf: ({ data }) => [sortable(data.size)],
  evolve(doc, event) {
    if (event.type === 'CheckpointCosigned') {
      return doc?.note ? { ...doc, note: doc.note + event.data.line } : doc;
    }
    const { size, root } = event.data;
    const checkpoint = doc ?? unsealed(size, root);
    switch (event.type) {
      case 'CheckpointSealed':
        return {
          ...checkpoint,
          lastPosition: event.data.lastPosition,
          note: event.data.note,
          sealedAt: event.occurredAt,
        };
      case 'CheckpointAnchored': {
        const { txHash, blockNumber } = event.data;
        const anchor = { txHash, blockNumber, anchoredAt: event.occurredAt };
        return { ...checkpoint, anchoredSize: size, anchor };
      }
      case 'AnchorLost':
        return { ...checkpoint, anchoredSize: null, anchor: null };
      case 'AnchorFailed': {
        const { reason: lastFailure } = event.data;
        return { ...checkpoint, failures: checkpoint.failures + 1, lastFailure };
      }
    }
  },
};

function unsealed(size: number, root: string): CheckpointDocument {
  const nothing = {
    lastPosition: null,
    note: null,
    sealedAt: null,
    anchoredSize: null,
    anchor: null,
  };
  return { size, root, ...nothing, failures: 0, lastFailure: null };
}
