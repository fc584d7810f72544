/**
 * The statements by which a log goes over to another key: a checkpoint as C2SP tlog-checkpoint, with extension lines.
 *
 * - Handed over: the last checkpoint under the key before, and one line, `next-key` and the verifier key of the new
 *   one. Both keys sign: the old one that it hands over, the new one that it is there.
 * - Ended, because somebody else may have it: the last checkpoint under it that is believed, and two lines,
 *   `compromised-key` and `next-key`. The log's recovery key signs, which is kept offline, and no other.
 *
 * Who holds a key of the log, and its recovery key, follows it to the next one.
 */
import {
  type Checkpoint,
  CheckpointError,
  type NoteKey,
  type VerifyEd25519,
  checkpointText,
  noteSignature,
  parseCheckpoint,
  parseVerifierKey,
  verifierKeyText,
  verifyCheckpoint,
} from './checkpoint';
import { type Sha256, sameBytes } from './hashing';

/** A key with its private half. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** Ed25519 (RFC 8032) over the given bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A log as somebody knows it. */
export interface KnownLog {
  readonly origin: string;
  /** The key that it is signed with as far as is known. */
  readonly key: NoteKey;
  /** The key that alone ends another; absent where none is known, and no statement of it counts. */
  readonly recoveryKey?: NoteKey | undefined;
}

/** What a statement says. */
export interface KeyChange {
  /** The last under the key before that counts. */
  readonly checkpoint: Checkpoint;
  /** The key that follows. */
  readonly key: NoteKey;
  /** Whether the key before was ended by the recovery key, and not handed over. */
  readonly isCompromise: boolean;
  readonly statement: string;
}

/** @param checkpoint the last one that the old key has signed */
export function signKeyChange(
  sha256: Sha256,
  checkpoint: Checkpoint,
  before: NoteSigner,
  after: NoteSigner,
): string {
  return signed(sha256, keyChangeText(sha256, checkpoint, after.key), [before, after]);
}

/** What both keys sign. */
export function keyChangeText(sha256: Sha256, checkpoint: Checkpoint, next: NoteKey): string {
  return textOf(checkpoint, [nextLine(sha256, next)]);
}

/**
 * The statement of compromise.
 *
 * @param checkpoint the last one of the ended key that is to be believed
 */
export function signCompromise(
  sha256: Sha256,
  checkpoint: Checkpoint,
  keys: { readonly ended: NoteKey; readonly next: NoteKey; readonly recovery: NoteSigner },
): string {
  const { ended, next, recovery } = keys;
  const lines = [`${ENDED} ${verifierKeyText(sha256, ended)}`, nextLine(sha256, next)];
  return signed(sha256, textOf(checkpoint, lines), [recovery]);
}

/**
 * What a statement says, after its signatures were found right: of the key before and the one that follows, or of
 * the recovery key.
 *
 * @throws CheckpointError naming what is wrong
 */
export function verifyKeyChange(
  sha256: Sha256,
  statement: string,
  { origin, key: before, recoveryKey }: KnownLog,
  verify: VerifyEd25519,
): KeyChange {
  const by = (key: NoteKey) => verifyCheckpoint(sha256, statement, { origin, key }, verify);
  const { extensionLines } = parseCheckpoint(statement);
  if (extensionLines.length === 2) {
    const ended = keyIn(sha256, ENDED, extensionLines[0]!);
    const key = keyIn(sha256, NEXT, extensionLines[1]!);
    if (!recoveryKey) {
      throw new CheckpointError('a key is stated compromised, and no recovery key is known');
    }
    const { size, root } = by(recoveryKey);
    if (!sameBytes(ended.publicKey, before.publicKey)) {
      throw new CheckpointError('another key is stated compromised than the one in force');
    }
    return { checkpoint: { origin, size, root }, key, isCompromise: true, statement };
  }
  const { size, root } = by(before);
  if (extensionLines.length !== 1) throw noKeyNamed();
  const key = keyIn(sha256, NEXT, extensionLines[0]!);
  by(key);
  return { checkpoint: { origin, size, root }, key, isCompromise: false, statement };
}

/**
 * The changes that lead on from the key that is known, as far as statements go, in order. A key that was stated
 * compromised hands nothing over: whoever has it may have signed that.
 *
 * @param statements in any order, of any keys; what does not lead on is passed over
 */
export function keyChangesFrom(
  sha256: Sha256,
  statements: readonly string[],
  known: KnownLog,
  verify: VerifyEd25519,
): readonly KeyChange[] {
  const changes: KeyChange[] = [];
  const left = new Set(statements);
  for (let key = known.key; ; key = changes.at(-1)!.key) {
    const next = nextChange(sha256, left, { ...known, key }, verify);
    if (!next) return changes;
    left.delete(next.statement);
    changes.push(next);
  }
}

const ENDED = 'compromised-key';
const NEXT = 'next-key';

function nextChange(
  sha256: Sha256,
  statements: ReadonlySet<string>,
  known: KnownLog,
  verify: VerifyEd25519,
): KeyChange | undefined {
  let handedOver: KeyChange | undefined;
  for (const statement of statements) {
    try {
      const change = verifyKeyChange(sha256, statement, known, verify);
      if (change.isCompromise) return change;
      handedOver ??= change;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  return handedOver;
}

const textOf = (checkpoint: Checkpoint, lines: readonly string[]): string =>
  `${checkpointText(checkpoint)}${lines.map((line) => `${line}\n`).join('')}`;

function signed(sha256: Sha256, text: string, signers: readonly NoteSigner[]): string {
  const signatures = signers.map(({ key, sign }) => noteSignature(sha256, text, key, sign));
  return `${text}\n${signatures.join('')}`;
}

const nextLine = (sha256: Sha256, key: NoteKey): string =>
  `${NEXT} ${verifierKeyText(sha256, key)}`;

function keyIn(sha256: Sha256, word: typeof ENDED | typeof NEXT, line: string): NoteKey {
  const [, said, text] = /^(\S+) (\S+)$/.exec(line) ?? [];
  if (said !== word) throw noKeyNamed();
  return parseVerifierKey(sha256, text!);
}

function noKeyNamed(): CheckpointError {
  return new CheckpointError(
    'the statement names no key that follows, by one line "next-key KEY" or, after a line "compromised-key KEY", by the next',
  );
}
