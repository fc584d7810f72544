import { type Bundle, type BundledEvent, BUNDLE_FORMAT } from '@flexledger/audit';
import { type RecordedEvent, type StoredRow, canonicalJson, rowChecksum } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { parseCheckpoint } from '@flexledger/merkle-log';
import type { CheckpointDocument } from '@flexledger/projections';
import { keyHistoryOf } from './key-changes';
import type { ProofServices } from './proof-services';

/** What a bundle is of, and the checkpoint that it is under. */
export interface UnderCheckpoint {
  readonly of: Bundle['of'];
  readonly checkpoint: Pick<CheckpointDocument, 'size'> & { readonly note: string | null };
  /** Checkpoints anchored up to that one; 0 where none is asked for. */
  readonly anchors: number;
}

/** An event as a bundle is to show it. */
export type EventToBundle = RecordedEvent & Pick<BundledEvent, 'ownRows' | 'rowProofs'>;

/** Events with the proof of each under a checkpoint that covers them (`docs/verify/bundle.md`). */
export async function bundled(
  { log, certified }: Pick<ProofServices, 'log' | 'certified'>,
  { of, checkpoint: { size, note }, anchors }: UnderCheckpoint,
  chosen: readonly EventToBundle[],
): Promise<Bundle> {
  const tree = await certified.ofSize(size);
  const events = chosen.map(({ ownRows, rowProofs, ...event }): BundledEvent => {
    const leaf = certified.find({ position: event.position })!.index;
    const proved = { leaf, proof: tree.inclusionProof(leaf, size).map(hex), row: rowOf(event) };
    return { ...proved, ...(ownRows && { ownRows }), ...(rowProofs && { rowProofs }) };
  });
  const { statements } = await keyHistoryOf(log);
  const keyChanges = statements.filter((text) => parseCheckpoint(text).size < size);
  const stated = keyChanges.length > 0 ? { keyChanges } : {};
  return { format: BUNDLE_FORMAT, of, checkpoint: note!, ...stated, anchors, events };
}

function rowOf(event: RecordedEvent): StoredRow {
  const { data, ...rest } = event;
  return { ...rest, data: canonicalJson(data), checksum: rowChecksum(sha256, event) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
