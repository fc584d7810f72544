/** Who signs what a log publishes: a key at hand, or one in a token, which takes its time. */
import { sha256 } from '@flexledger/identity';
import { type NoteKey, noteLine } from '@flexledger/merkle-log';

/** A key of a log whose private half signs, wherever it is. */
export interface LogSigner {
  readonly key: NoteKey;
  /** Ed25519 (RFC 8032) over the given bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** The text of a note, signed by each in turn (C2SP signed-note). */
export async function signedNote(text: string, ...signers: readonly LogSigner[]): Promise<string> {
  const lines: string[] = [];
  for (const { key, sign } of signers) {
    lines.push(noteLine(sha256, key, await sign(new TextEncoder().encode(text))));
  }
  return `${text}\n${lines.join('')}`;
}
