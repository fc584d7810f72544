/**
 * Cosignatures of witnesses (https://c2sp.org/tlog-cosignature, cosignature/v1): a witness that has seen
 * a checkpoint, and that it is consistent with all it has seen before, signs it with the time at which it
 * did. The line stands beside the log's own signature.
 */
import { toBase64 } from './base64';
import {
  type NoteKey,
  type SignedCheckpoint,
  type VerifyEd25519,
  NOTE_KEY_TYPES,
  noteKeyId,
} from './checkpoint';
import { type Sha256, sameBytes } from './hashing';

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;

/**
 * The signature line by which a witness vouches for a checkpoint, with its newline.
 *
 * @param signedText of the checkpoint, as `parseCheckpoint` gives it
 * @param timeS seconds since 1970 at which the witness saw it
 * @param sign Ed25519 over the given bytes with the private half of `key`
 */
export function cosignatureLine(
  sha256: Sha256,
  signedText: string,
  key: NoteKey,
  timeS: number,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  const payload = new Uint8Array(KEY_ID_BYTES + TIME_BYTES + SIGNATURE_BYTES);
  payload.set(noteKeyId(sha256, key, NOTE_KEY_TYPES.cosignature));
  new DataView(payload.buffer).setBigUint64(KEY_ID_BYTES, BigInt(timeS));
  payload.set(sign(cosignedBytes(signedText, timeS)), KEY_ID_BYTES + TIME_BYTES);
  return `\u2014 ${key.name} ${toBase64(payload)}\n`;
}

/**
 * When a witness saw a checkpoint, seconds since 1970; undefined where no line of it verifies. The least
 * time where it signed more than once.
 */
export function cosignedAtS(
  sha256: Sha256,
  checkpoint: Pick<SignedCheckpoint, 'signedText' | 'signatures'>,
  key: NoteKey,
  verify: VerifyEd25519,
): number | undefined {
  const keyId = noteKeyId(sha256, key, NOTE_KEY_TYPES.cosignature);
  let seenS: number | undefined;
  for (const line of checkpoint.signatures) {
    if (line.name !== key.name || !sameBytes(line.keyId, keyId)) continue;
    if (line.signature.length !== TIME_BYTES + SIGNATURE_BYTES) continue;
    const bytes = line.signature;
    const timeS = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
    if (!Number.isSafeInteger(timeS)) continue;
    const message = cosignedBytes(checkpoint.signedText, timeS);
    if (!verify(key.publicKey, message, bytes.slice(TIME_BYTES))) continue;
    seenS = Math.min(seenS ?? Infinity, timeS);
  }
  return seenS;
}

function cosignedBytes(signedText: string, timeS: number): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${timeS}\n${signedText}`);
}
