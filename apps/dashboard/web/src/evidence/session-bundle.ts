/**
 * The bundle of a session, made in the browser of what the interface gives: the same file as
 * `flexledger bundle SESSION` makes of a folder, so that one check serves both.
 */
import { type Bundle, BUNDLE_FORMAT, eventsBundledFor } from '@flexledger/audit';
import { type RecordedEvent, toHex } from '@flexledger/domain';
import { MerkleTree } from '@flexledger/merkle-log';
import { sha256 } from '@noble/hashes/sha2';
import { readerOf, rowOf } from './recorded';

/** The log under a checkpoint: the signed note, and what its tree is of. */
export interface CertifiedLog {
  readonly note: string;
  readonly keyChanges: readonly string[];
  /** How many checkpoints were anchored when this one was. */
  readonly anchors: number;
  /** Hashes of all events that it covers, in the order of the log. */
  readonly hashes: readonly Uint8Array[];
}

/** What a session rests on is not, or not yet, in a log that is certified. */
export class NotCovered extends Error {
  override readonly name = 'NotCovered';
}

/**
 * @param events all that may belong to it, in the order of the log
 * @throws SessionNotAuditable where the session is not settled
 * @throws NotCovered where an event is none of those that the tree is of
 */
export async function sessionBundle(
  sessionId: string,
  events: readonly RecordedEvent[],
  log: CertifiedLog,
): Promise<Bundle> {
  const of = { kind: 'session', sessionId } as const;
  const isBundled = await eventsBundledFor(readerOf(events), of);
  const tree = new MerkleTree(sha256);
  const leafOf = new Map(log.hashes.map((hash) => [toHex(hash), tree.append(hash)]));
  const bundled = events.filter(isBundled);
  const missing = bundled.filter(({ hash }) => !leafOf.has(hash)).length;
  if (missing > 0) {
    throw new NotCovered(
      `${missing} of the ${bundled.length} events that session ${sessionId} rests on are in no anchored checkpoint ` +
        'yet; check it again in a minute or two.',
    );
  }
  return {
    format: BUNDLE_FORMAT,
    of,
    checkpoint: log.note,
    ...(log.keyChanges.length > 0 && { keyChanges: log.keyChanges }),
    anchors: log.anchors,
    events: bundled.map((event) => {
      const leaf = leafOf.get(event.hash)!;
      const proof = tree.inclusionProof(leaf, log.hashes.length).map(toHex);
      return { leaf, proof, row: rowOf(event) };
    }),
  };
}

/** Changes one letter of one event, to see that it shows. */
export function withChangedByte(bundle: Bundle): Bundle {
  const at = bundle.events.findIndex(({ row }) => row.type === 'FlexibilityOffered');
  const events = bundle.events.map((event, index) => {
    if (index !== Math.max(0, at)) return event;
    const data = event.row.data.replace(/(\d)(?=\D*$)/, (digit) => (digit === '9' ? '8' : '9'));
    return { ...event, row: { ...event.row, data } };
  });
  return { ...bundle, events };
}
