/**
 * The statement by which a log goes over to another key: its last checkpoint under the key before, as C2SP
 * tlog-checkpoint, with one extension line, `next-key` and the verifier key of the new one. Both keys sign:
 * the old one that it hands over, the new one that it is there. Who holds the old key follows it to the new.
 */
import {
  type Checkpoint,
  CheckpointError,
  type NoteKey,
  type VerifyEd25519,
  checkpointText,
  noteSignature,
  parseVerifierKey,
  verifierKeyText,
  verifyCheckpoint,
} from './checkpoint';
import type { Sha256 } from './hashing';

/** A key with its private half. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** Ed25519 (RFC 8032) over the given bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const NEXT_KEY = /^next-key (\S+)$/;

/** @param checkpoint the last one that the old key has signed */
export function signKeyChange(
  sha256: Sha256,
  checkpoint: Checkpoint,
  before: NoteSigner,
  after: NoteSigner,
): string {
  const text = `${checkpointText(checkpoint)}next-key ${verifierKeyText(sha256, after.key)}\n`;
  const lines = [before, after].map(({ key, sign }) => noteSignature(sha256, text, key, sign));
  return `${text}\n${lines.join('')}`;
}

/**
 * What a statement says, after both signatures were found right.
 *
 * @param before the key that was the log's until then
 * @throws CheckpointError naming what is wrong
 */
export function verifyKeyChange(
  sha256: Sha256,
  statement: string,
  before: { readonly origin: string; readonly key: NoteKey },
  verify: VerifyEd25519,
): { readonly checkpoint: Checkpoint; readonly key: NoteKey } {
  const { origin, size, root, extensionLines } = verifyCheckpoint(
    sha256,
    statement,
    before,
    verify,
  );
  const named = extensionLines.length === 1 ? NEXT_KEY.exec(extensionLines[0]!)?.[1] : undefined;
  if (named === undefined) {
    throw new CheckpointError(
      'the statement names no key that follows, by one line "next-key KEY"',
    );
  }
  const key = parseVerifierKey(sha256, named);
  verifyCheckpoint(sha256, statement, { origin, key }, verify);
  return { checkpoint: { origin, size, root }, key };
}
