import { fromBase64, toBase64 } from './base64';
import { type Sha256, assertHash, HASH_BYTES, sameBytes } from './hashing';
import { assertSize } from './tree-shape';

/**
 * Checkpoints as C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) in a C2SP signed-note:
 * three lines (origin, decimal size, base64 root), a blank line, signature lines
 * `— <name> base64(keyId || signature)`. Only Ed25519 signatures are made and checked here; lines
 * of other keys, such as witnesses, are parsed and kept.
 */

/** What a log says of itself at one moment. */
export interface Checkpoint {
  /** Unique name of the log, like `example.com/log42`. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** RFC 9162 root, 32 bytes. */
  readonly root: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignedCheckpoint extends Checkpoint {
  /** Lines after the root, signed but without meaning here. */
  readonly extensionLines: readonly string[];
  /** The text that the signatures cover, with its last newline. */
  readonly signedText: string;
  readonly signatures: readonly NoteSignature[];
}

/** The name and Ed25519 public key (32 bytes) of who signs. */
export interface NoteKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** A checkpoint that is malformed, of another log, or not signed by the key it should be. */
export class CheckpointError extends Error {
  readonly code = 'checkpoint';
  override readonly name = 'CheckpointError';
}

/** Ed25519 (RFC 8032) check of a signature over a message by a public key. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** Notes with more signature lines are refused, so that a hostile one cannot cost much. */
const SIGNATURES_MAX = 64;

/** What an Ed25519 key of a note signs: the note itself, or, with a time, that it was seen (C2SP tlog-cosignature). */
export const NOTE_KEY_TYPES = { signature: 0x01, cosignature: 0x04 } as const;
export type NoteKeyType = (typeof NOTE_KEY_TYPES)[keyof typeof NOTE_KEY_TYPES];

const ED25519_KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^\u2014 (\S+) ([A-Za-z0-9+/=]+)$/u;

/** keyId = SHA-256(name || 0x0A || type || public key)[:4] (C2SP signed-note). */
export function noteKeyId(
  sha256: Sha256,
  key: NoteKey,
  type: NoteKeyType = NOTE_KEY_TYPES.signature,
): Uint8Array {
  assertKey(key);
  const name = new TextEncoder().encode(`${key.name}\n`);
  const input = new Uint8Array(name.length + 1 + ED25519_KEY_BYTES);
  input.set(name);
  input[name.length] = type;
  input.set(key.publicKey, name.length + 1);
  return sha256(input).slice(0, KEY_ID_BYTES);
}

/**
 * The key in the form in which it is handed out (C2SP signed-note, verifier key):
 * `<name>+<keyId, hex>+<base64 of type and key>`.
 *
 * @throws RangeError when the key is none
 */
export function verifierKeyText(
  sha256: Sha256,
  key: NoteKey,
  type: NoteKeyType = NOTE_KEY_TYPES.signature,
): string {
  const bytes = new Uint8Array(1 + ED25519_KEY_BYTES);
  bytes[0] = type;
  bytes.set(key.publicKey, 1);
  const keyId = Array.from(noteKeyId(sha256, key, type), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return `${key.name}+${keyId}+${toBase64(bytes)}`;
}

/**
 * Reads what `verifierKeyText` writes.
 *
 * @throws CheckpointError when it is none, of another kind of key, or its key id is of another key
 */
export function parseVerifierKey(
  sha256: Sha256,
  text: string,
  type: NoteKeyType = NOTE_KEY_TYPES.signature,
): NoteKey {
  // Base64 may contain a plus, a name and a key id may not.
  const [, name = '', encoded = ''] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/u.exec(text) ?? [];
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes?.length !== 1 + ED25519_KEY_BYTES) {
    throw new CheckpointError(`"${text}" is no verifier key; it reads NAME+KEYID+BASE64`);
  }
  const key = { name, publicKey: bytes.slice(1) };
  if (bytes[0] !== type || verifierKeyText(sha256, key, type) !== text) {
    throw new CheckpointError(`"${text}" is no verifier key of Ed25519, kind ${type}`);
  }
  return key;
}

/** The text that is signed. @throws RangeError when the checkpoint cannot be written down */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (origin === '' || hasControlCharacter(origin)) {
    throw new RangeError(`origin ${JSON.stringify(origin)} must be one line of text, not empty`);
  }
  assertSize(size, 'the checkpoint size');
  assertHash(root, 'the checkpoint root');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * The signed checkpoint as it is published.
 *
 * @param sign Ed25519 (RFC 8032) over the given bytes with the private half of `key`
 * @throws RangeError when checkpoint or key cannot be written down
 */
export function signCheckpoint(
  sha256: Sha256,
  checkpoint: Checkpoint,
  key: NoteKey,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  const text = checkpointText(checkpoint);
  return `${text}\n${noteSignature(sha256, text, key, sign)}`;
}

/** The line of a signature over the text of a note, with its newline (C2SP signed-note). */
export function noteSignature(
  sha256: Sha256,
  text: string,
  key: NoteKey,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  return noteLine(sha256, key, sign(new TextEncoder().encode(text)));
}

/** The same of a signature that was made. */
export function noteLine(sha256: Sha256, key: NoteKey, signature: Uint8Array): string {
  const keyId = noteKeyId(sha256, key);
  const payload = new Uint8Array(KEY_ID_BYTES + signature.length);
  payload.set(keyId);
  payload.set(signature, KEY_ID_BYTES);
  return `\u2014 ${key.name} ${toBase64(payload)}\n`;
}

/**
 * Reads a checkpoint without checking any signature: for display and for choosing the key only.
 *
 * @throws CheckpointError when the text is not a signed checkpoint
 */
export function parseCheckpoint(text: string): SignedCheckpoint {
  const blank = text.lastIndexOf('\n\n');
  if (blank < 0)
    throw new CheckpointError('the checkpoint has no blank line before its signatures');
  if (hasControlCharacter(text.replaceAll('\n', ''))) {
    throw new CheckpointError('the checkpoint contains a control character');
  }
  if (!text.endsWith('\n')) throw new CheckpointError('the checkpoint does not end with a newline');
  const signedText = text.slice(0, blank + 1);
  const [origin, sizeText, rootText, ...extensionLines] = signedText.slice(0, -1).split('\n');
  if (!origin || extensionLines.includes('')) {
    throw new CheckpointError('the checkpoint has an empty line before its last blank line');
  }
  const size = parseSize(sizeText ?? '');
  const root = fromBase64(rootText ?? '');
  if (root?.length !== HASH_BYTES) {
    throw new CheckpointError('the third line of the checkpoint is not a root hash in base64');
  }
  const signatures = parseSignatures(text.slice(blank + 2, -1).split('\n'));
  return { origin, size, root, extensionLines, signedText, signatures };
}

/**
 * The checkpoint, after its origin and the signature of `key` are found right. Lines of other keys
 * are ignored, as C2SP signed-note asks; every line of this key must verify.
 *
 * @throws CheckpointError naming what is wrong
 */
export function verifyCheckpoint(
  sha256: Sha256,
  text: string,
  expected: { readonly origin: string; readonly key: NoteKey },
  verify: VerifyEd25519,
): SignedCheckpoint {
  const checkpoint = parseCheckpoint(text);
  const { origin, key } = expected;
  if (checkpoint.origin !== origin) {
    throw new CheckpointError(
      `the checkpoint is of log "${checkpoint.origin}"; one of "${origin}" is expected`,
    );
  }
  const keyId = noteKeyId(sha256, key);
  const own = checkpoint.signatures.filter(
    (line) => line.name === key.name && sameBytes(line.keyId, keyId),
  );
  if (own.length === 0) {
    throw new CheckpointError(`the checkpoint is not signed by "${key.name}" with the given key`);
  }
  const message = new TextEncoder().encode(checkpoint.signedText);
  if (!own.every((line) => verify(key.publicKey, message, line.signature))) {
    throw new CheckpointError(`the signature of "${key.name}" on the checkpoint does not verify`);
  }
  return checkpoint;
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(size)) {
    throw new CheckpointError(
      `the second line of the checkpoint, ${JSON.stringify(text)}, is not a size below 2^53`,
    );
  }
  return size;
}

function parseSignatures(lines: readonly string[]): NoteSignature[] {
  if (lines.length > SIGNATURES_MAX) {
    throw new CheckpointError(
      `the checkpoint has ${lines.length} signatures; ${SIGNATURES_MAX} are accepted`,
    );
  }
  return lines.map((line, index) => {
    const match = SIGNATURE_LINE.exec(line);
    const payload = fromBase64(match?.[2] ?? '');
    if (match === null || !isKeyName(match[1]!) || !payload || payload.length <= KEY_ID_BYTES) {
      throw new CheckpointError(`signature line ${index + 1} of the checkpoint is malformed`);
    }
    return {
      name: match[1]!,
      keyId: payload.slice(0, KEY_ID_BYTES),
      signature: payload.slice(KEY_ID_BYTES),
    };
  });
}

function assertKey({ name, publicKey }: NoteKey): void {
  if (!isKeyName(name)) {
    throw new RangeError(`key name ${JSON.stringify(name)} must be text without spaces or plus`);
  }
  if (publicKey.length !== ED25519_KEY_BYTES) {
    throw new RangeError(
      `the public key of "${name}" has ${publicKey.length} bytes; an Ed25519 key has 32`,
    );
  }
}

function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}+]/u.test(name) && !hasControlCharacter(name);
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ');
}
