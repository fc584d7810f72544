/**
 * The body of `add-checkpoint` (https://c2sp.org/tlog-witness): the size that the witness has seen, the
 * consistency proof from it, and the checkpoint.
 */
import { fromBase64, toBase64 } from './base64';
import { CheckpointError } from './checkpoint';
import { HASH_BYTES } from './hashing';

export interface WitnessRequest {
  /** Leaves of the last checkpoint that the witness cosigned; 0 when none. */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint. */
  readonly note: string;
}

/** A proof between trees of less than 2^63 leaves has no more. */
const PROOF_LINES_MAX = 63;

/** The text that is posted. */
export function witnessRequestText({ oldSize, proof, note }: WitnessRequest): string {
  return [`old ${oldSize}`, ...proof.map(toBase64), '', note].join('\n');
}

/** Reads what `witnessRequestText` writes. @throws CheckpointError when the text is none */
export function parseWitnessRequest(text: string): WitnessRequest {
  const blank = text.indexOf('\n\n');
  if (blank < 0) throw new CheckpointError('the request has no blank line before its checkpoint');
  const [first = '', ...lines] = text.slice(0, blank).split('\n');
  const size = /^old (0|[1-9]\d*)$/.exec(first)?.[1];
  if (size === undefined || !Number.isSafeInteger(Number(size))) {
    throw new CheckpointError('the first line of the request is not "old" and a size below 2^53');
  }
  if (lines.length > PROOF_LINES_MAX) {
    throw new CheckpointError(
      `the proof has ${lines.length} hashes; it can have ${PROOF_LINES_MAX}`,
    );
  }
  const proof = lines.map((line, index) => {
    const hash = fromBase64(line);
    if (hash?.length === HASH_BYTES) return hash;
    throw new CheckpointError(`line ${index + 2} of the request is no hash in base64`);
  });
  return { oldSize: Number(size), proof, note: text.slice(blank + 2) };
}
