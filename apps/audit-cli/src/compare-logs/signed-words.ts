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
  verifyKeyChange,
} from '@flexledger/merkle-log';

/**
 * The keys that speak for a log, in their order: the first, and those that it has been handed over to one after
 * another, each by a statement of both. None where it certifies nothing.
 *
 * @param trusted the first of them; absent: the one that the log names when its certifier starts
 */
export async function keysOfLog(log: EventStore, trusted?: NoteKey): Promise<readonly NoteKey[]> {
  const first = trusted ?? (await firstKeyOf(log));
  if (!first) return [];
  const keys = [first];
  for await (const recorded of log.readAll({ filter: { types: ['LogKeyReplaced'] } })) {
    const { statement } = recorded.data as { readonly statement: string };
    const signer = { origin: first.name, key: keys.at(-1)! };
    const change = read(() => verifyKeyChange(sha256, statement, signer, verifyEd25519));
    // Else of a key before the trusted one, or of none.
    if (typeof change !== 'string') keys.push(change.key);
  }
  return keys;
}

async function firstKeyOf(log: EventStore): Promise<NoteKey | undefined> {
  for await (const { data } of log.readAll({ filter: { types: ['CertifierStarted'] } })) {
    const { origin, publicKey } = data as { readonly origin: string; readonly publicKey: string };
    return { name: origin, publicKey: Buffer.from(publicKey, 'hex') };
  }
  return undefined;
}

/** The checkpoint as the log of these keys has signed it by one of them, or why it has not. */
export function signedCheckpoint(
  { note }: Pick<MirroredCheckpoint, 'note'>,
  keys: readonly NoteKey[],
): SignedCheckpoint | string {
  let fault = 'its log names no key';
  for (const key of keys) {
    const signed = read(() =>
      verifyCheckpoint(sha256, note, { origin: key.name, key }, verifyEd25519),
    );
    if (typeof signed !== 'string') return signed;
    fault = signed;
  }
  return fault;
}

function read<Words>(verify: () => Words): Words | string {
  try {
    return verify();
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
  keys: readonly NoteKey[],
): string | undefined {
  for (const checkpoint of checkpoints) {
    const inclusion = checkpoint.inclusions.find((one) => one.position === position);
    const signed = inclusion && signedCheckpoint(checkpoint, keys);
    if (!signed || typeof signed === 'string') continue;
    const { size, root } = signed;
    const proof = inclusion.proof.map((one) => Buffer.from(one, 'hex'));
    const leaf = leafHash(sha256, Buffer.from(hash, 'hex'));
    const claim = { leafHash: leaf, index: inclusion.index, size, root, proof };
    if (verifyInclusion(sha256, claim)) return checkpoint.note;
  }
  return undefined;
}
