/** Keys that a log had before the one that is trusted: what they signed before they handed over is the log's still. */
import { toHex } from '@flexledger/domain';
import {
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  parseVerifierKey,
  verifyCheckpoint,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import { recoveryKeyIn } from '../log-key';
import type { AuditTools } from '../tools';
import type { TrustPolicy } from '../trust-policy';

type Tools = Pick<AuditTools, 'sha256' | 'verifyEd25519'>;

/** A checkpoint by a former key. */
export interface SignedByFormer {
  readonly checkpoint: SignedCheckpoint;
  /** The key was stated compromised since: whoever has it can have signed this today, as it is not the one that was named. */
  readonly mayBeOfThief: boolean;
}

/**
 * A checkpoint that one of the former keys of a trust file has signed, no larger than the last one that it sealed
 * before it handed over, or was ended: each statement from that key on names the next one, up to the key that is trusted.
 *
 * @returns undefined where it is none of theirs
 */
export function signedByFormerKey(
  note: string,
  {
    origin,
    logKey,
    formerKeys = [],
    recoveryKey,
  }: Pick<TrustPolicy, 'origin' | 'logKey' | 'formerKeys' | 'recoveryKey'>,
  { sha256, verifyEd25519 }: Tools,
): SignedByFormer | undefined {
  let next = parseVerifierKey(sha256, logKey);
  const recovery = recoveryKeyIn(sha256, recoveryKey);
  for (const { key: text, statement } of formerKeys.toReversed()) {
    const key = parseVerifierKey(sha256, text);
    const handedOver = unlessRefused(() =>
      verifyKeyChange(sha256, statement, { origin, key, recoveryKey: recovery }, verifyEd25519),
    );
    if (!handedOver || !isSameKey(handedOver.key, next)) return undefined;
    const { size, root } = handedOver.checkpoint;
    const signed = unlessRefused(() =>
      verifyCheckpoint(sha256, note, { origin, key }, verifyEd25519),
    );
    if (signed) {
      const isBefore =
        signed.size < size || (signed.size === size && isSameRoot(signed.root, root));
      const isNamed = isBefore && signed.size === size;
      return isBefore
        ? { checkpoint: signed, mayBeOfThief: handedOver.isCompromise && !isNamed }
        : undefined;
    }
    next = key;
  }
  return undefined;
}

function unlessRefused<Answer>(ask: () => Answer): Answer | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}

function isSameKey(one: NoteKey, other: NoteKey): boolean {
  return toHex(one.publicKey) === toHex(other.publicKey);
}

function isSameRoot(one: Uint8Array, other: Uint8Array): boolean {
  return toHex(one) === toHex(other);
}
