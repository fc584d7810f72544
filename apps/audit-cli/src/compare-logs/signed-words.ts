/** What the other log has signed, as the mirroring log keeps it. */
import type { MirroredCheckpoint } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  leafHash,
  verifyCheckpoint,
  verifyInclusion,
} from '@flexledger/merkle-log';

/** The key that a log names when its certifier starts; undefined where it certifies nothing. */
export async function keyOfLog(log: EventStore): Promise<NoteKey | undefined> {
  for await (const { data } of log.readAll({ filter: { types: ['CertifierStarted'] } })) {
    const { origin, publicKey } = data as { readonly origin: string; readonly publicKey: string };
    return { name: origin, publicKey: Buffer.from(publicKey, 'hex') };
  }
  return undefined;
}

/** The checkpoint as the log of this key has signed it, or why it has not. */
export function signedCheckpoint(
  { note }: Pick<MirroredCheckpoint, 'note'>,
  key: NoteKey,
): SignedCheckpoint | string {
  try {
    return verifyCheckpoint(sha256, note, { origin: key.name, key }, verifyEd25519);
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
}

/**
 * The signed note under which an event was shown: with it nobody can say that it never was.
 *
 * @param hash of the event as it was shown
 */
export function noteOver(
  { position, hash }: { readonly position: number; readonly hash: string },
  checkpoints: readonly MirroredCheckpoint[],
  key: NoteKey | undefined,
): string | undefined {
  if (!key) return undefined;
  for (const checkpoint of checkpoints) {
    const inclusion = checkpoint.inclusions.find((one) => one.position === position);
    const signed = inclusion && signedCheckpoint(checkpoint, key);
    if (!signed || typeof signed === 'string') continue;
    const { size, root } = signed;
    const proof = inclusion.proof.map((one) => Buffer.from(one, 'hex'));
    const leaf = leafHash(sha256, Buffer.from(hash, 'hex'));
    const claim = { leafHash: leaf, index: inclusion.index, size, root, proof };
    if (verifyInclusion(sha256, claim)) return checkpoint.note;
  }
  return undefined;
}
