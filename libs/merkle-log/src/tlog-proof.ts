/**
 * Proofs as files (https://c2sp.org/tlog-proof): that an entry is in the log, under a checkpoint that the log
 * has signed and witnesses have cosigned, in one text that is checked offline.
 */
import { fromBase64, toBase64 } from './base64';
import { CheckpointError } from './checkpoint';
import { HASH_BYTES } from './hashing';

/** Usual end of the name of such a file. */
export const TLOG_PROOF_EXTENSION = '.tlog-proof';

/** What such a file says; nothing of it is to be believed before it is checked. */
export interface TlogProof {
  /** Of the application, opaque here. */
  readonly extra: Uint8Array;
  /** Index of the entry's leaf, from 0. */
  readonly index: number;
  /** RFC 6962 inclusion proof, the sibling of the leaf first; each 32 bytes. */
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** Of a tree below 2^53 leaves. */
const PROOF_LINES_MAX = 53;

/** The text of a proof; without `extra` bytes it has no such line. */
export function tlogProofText({ extra, index, proof, checkpoint }: TlogProof): string {
  const lines = [
    FIRST_LINE,
    ...(extra.length > 0 ? [`extra ${toBase64(extra)}`] : []),
    `index ${index}`,
    ...proof.map(toBase64),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Whether a text begins as such a proof does. */
export function isTlogProof(text: string): boolean {
  return text.startsWith(`${FIRST_LINE}\n`);
}

/** Reads what `tlogProofText` writes. @throws CheckpointError naming the line that is wrong */
export function parseTlogProof(text: string): TlogProof {
  const blank = text.indexOf('\n\n');
  if (!isTlogProof(text) || blank < 0) {
    throw new CheckpointError(
      `it is no tlog-proof: that begins with "${FIRST_LINE}" and has an empty line before its checkpoint`,
    );
  }
  const lines = text.slice(0, blank).split('\n').slice(1);
  const encoded = /^extra (\S+)$/.exec(lines[0] ?? '')?.[1];
  const extra = encoded === undefined ? new Uint8Array(0) : fromBase64(encoded);
  if (!extra) throw new CheckpointError('its line "extra" is not base64');
  const [indexLine = '', ...hashes] = encoded === undefined ? lines : lines.slice(1);
  const index = Number(/^index (0|[1-9]\d*)$/.exec(indexLine)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(index)) {
    throw new CheckpointError('it has no line "index" with a whole number below 2^53');
  }
  if (hashes.length > PROOF_LINES_MAX) {
    throw new CheckpointError(`it has ${hashes.length} hashes; it can have ${PROOF_LINES_MAX}`);
  }
  const proof = hashes.map((line, nth) => {
    const hash = fromBase64(line);
    if (hash?.length === HASH_BYTES) return hash;
    throw new CheckpointError(`hash ${nth + 1} of its proof is no SHA-256 hash in base64`);
  });
  return { extra, index, proof, checkpoint: text.slice(blank + 2) };
}
