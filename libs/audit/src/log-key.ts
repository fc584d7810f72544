/**
 * By which key a log is signed: the one that its certifier named, and those that took its place one after another.
 * Each hands the log over to the next, or is ended by the log's recovery key.
 */
import { type Sha256, fromHex, toHex } from '@flexledger/domain';
import {
  type NoteKey,
  CheckpointError,
  parseVerifierKey,
  verifierKeyText,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import type { CertifiedLeaves } from './leaves';
import type { LoggedOf } from './logged-event';
import type { AuditTools } from './tools';

type Replaced = LoggedOf<'LogKeyReplaced'>['data'];

/** The log's name and keys as they were until a statement, and what was sealed by then. */
export interface KeyInForce {
  readonly origin: string;
  /** Ed25519 public key, hex. */
  readonly publicKey: string;
  /** What may end it; undefined where the log names nothing. */
  readonly recovery: RecoveryKeyNamed | undefined;
  /** The last checkpoint. */
  readonly sealed: { readonly size: number; readonly root: string } | undefined;
  /** Root of the first so many leaves, hex; of no more than were sealed. */
  rootOf(size: number): string;
}

/** The recovery key as the log named it first. */
export interface RecoveryKeyNamed {
  /** Verifier key. */
  readonly key: string;
  /** Leaf of the event that named it: it ends no key that has not sealed that it may. */
  readonly leaf: number;
}

/** The key that follows, and up to where the one before is believed. */
export interface KeyReplaced {
  /** How many leaves. */
  readonly upTo: number;
  readonly isCompromise: boolean;
}

/** What a statement does that takes the place of the key in force, or why it does not. */
export function keyReplaced(
  { publicKey, statement }: Replaced,
  { origin, publicKey: before, recovery, sealed, rootOf }: KeyInForce,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): KeyReplaced | { readonly fault: string } {
  const key = keyNamed(sha256, { origin, publicKey: before });
  if (!key) return { fault: NO_KEY };
  try {
    const known = { origin, key, recoveryKey: recoveryKeyIn(sha256, recovery?.key) };
    const change = verifyKeyChange(sha256, statement, known, verifyEd25519);
    const named = toHex(change.key.publicKey);
    if (named !== publicKey) {
      return { fault: `its statement names the key ${named}, not ${publicKey}` };
    }
    const { isCompromise, checkpoint } = change;
    const { size } = checkpoint;
    const last = sealed?.size ?? 0;
    if (isCompromise ? size > last : size !== last) {
      return {
        fault: `its statement is of ${size} leaves, the last checkpoint before it of ${last}`,
      };
    }
    if (isCompromise && size <= recovery!.leaf) {
      return {
        fault: `its statement is of ${size} leaves, which do not name the recovery key yet`,
      };
    }
    if (size > 0 && toHex(checkpoint.root) !== rootOf(size)) {
      return { fault: `its statement is of other ${size} leaves than the log has` };
    }
    return { upTo: size, isCompromise };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const fault = `the key ${publicKey} takes the place of ${before} without its leave: ${error.message}`;
    return { fault };
  }
}

/** What a log says where its certifier names what is no key. */
export const NO_KEY = 'its certifier names no key of Ed25519, or a log that has no name';

/** The key that a certifier names; undefined where it is none, since nobody but who wrote the log has looked at it. */
export function keyNamed(
  sha256: Sha256,
  { origin: name, publicKey }: Pick<LoggedOf<'CertifierStarted'>['data'], 'origin' | 'publicKey'>,
): NoteKey | undefined {
  try {
    const key = { name, publicKey: fromHex(publicKey) };
    verifierKeyText(sha256, key);
    return key;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The recovery key that a certifier names as it starts; undefined where it names none. */
export function recoveryNamed(
  event: LoggedOf<'CertifierStarted'>,
  leaves: Pick<CertifiedLeaves, 'leafIndexOf'>,
): RecoveryKeyNamed | undefined {
  const { recoveryKey: key } = event.data;
  return key === undefined ? undefined : { key, leaf: leaves.leafIndexOf(event)! };
}

/** A recovery key as a log, a trust file or a browser has it written down. @throws CheckpointError */
export function recoveryKeyIn(sha256: Sha256, text: string | undefined): NoteKey | undefined {
  return text === undefined ? undefined : parseVerifierKey(sha256, text);
}
