/**
 * A witness of logs (https://c2sp.org/tlog-witness): it cosigns a checkpoint only where its log signed it
 * and it goes on from all that this witness has cosigned of the log before. So whoever trusts it knows
 * that everybody is shown the same log. A checkpoint that its log signed and that is not shown to go on is
 * kept: of the size already cosigned and with another root it is the log's word against itself; of
 * another size it may be a wrong proof only, which the log can mend by a right one.
 */
import {
  type NoteKey,
  type Sha256,
  type SignedCheckpoint,
  type VerifyEd25519,
  CheckpointError,
  cosignatureLine,
  emptyRoot,
  parseCheckpoint,
  parseWitnessRequest,
  sameBytes,
  verifyCheckpoint,
  verifyConsistency,
} from '@flexledger/merkle-log';
import type { WitnessState } from './witness-state';

/** A log that is witnessed: its origin is the name of its key, unless it has another. */
export interface WitnessedLog {
  readonly origin: string;
  readonly key: NoteKey;
}

export interface WitnessOptions {
  readonly key: NoteKey;
  /** Ed25519 with the private half of `key`. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly logs: readonly WitnessedLog[];
  readonly state: WitnessState;
  readonly sha256: Sha256;
  readonly verify: VerifyEd25519;
  readonly nowMs: () => number;
  /** Told of a signed checkpoint that is kept. */
  readonly onFork: (fork: string) => void;
}

/** What is answered, as HTTP says it. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

export type Witness = (body: string) => WitnessAnswer;

export function createWitness(options: WitnessOptions): Witness {
  const { key, sign, logs, state, sha256, verify, nowMs, onFork } = options;

  function cosign({ signedText }: SignedCheckpoint): WitnessAnswer {
    const timeS = Math.floor(nowMs() / 1_000);
    return text(200, cosignatureLine(sha256, signedText, key, timeS, sign));
  }

  function contradicted(checkpoint: SignedCheckpoint, note: string, why: string): WitnessAnswer {
    const { origin, size } = checkpoint;
    const isNew = state.keepEvidence({ origin, note, why, atMs: nowMs() });
    if (isNew) onFork(`${origin} signed a checkpoint of ${size} leaves that ${why}; it is kept.`);
    return text(422, `the checkpoint ${why}\n`);
  }

  return (body) => {
    try {
      const { oldSize, proof, note } = parseWitnessRequest(body);
      const { origin } = parseCheckpoint(note);
      const log = logs.find((one) => one.origin === origin);
      if (!log) return text(404, `the log "${origin}" is not witnessed here\n`);
      const checkpoint = signedBy(log, note);
      if (!checkpoint)
        return text(403, `the checkpoint is not signed with the key of "${origin}"\n`);
      const { size, root } = checkpoint;
      if (oldSize > size)
        return text(400, `the old size ${oldSize} is above the new one, ${size}\n`);
      const seen = state.seen(origin) ?? { size: 0, root: emptyRoot(sha256) };
      if (seen.size === size && !sameBytes(seen.root, root)) {
        return contradicted(checkpoint, note, 'has another root than the one cosigned before');
      }
      if (oldSize !== seen.size) return conflict(seen.size);
      const [firstSize, firstRoot] = [seen.size, seen.root];
      const claim = { firstSize, firstRoot, secondSize: size, secondRoot: root, proof };
      if (!verifyConsistency(sha256, claim)) {
        return contradicted(checkpoint, note, 'is not shown to go on from the one cosigned before');
      }
      // Another request may have been faster; it is asked again from what that one left.
      if (!state.advance(origin, seen.size, { size, root })) {
        return conflict(state.seen(origin)!.size);
      }
      return cosign(checkpoint);
    } catch (error) {
      if (error instanceof CheckpointError) return text(400, `${error.message}\n`);
      throw error;
    }
  };

  function signedBy({ origin, key: logKey }: WitnessedLog, note: string) {
    try {
      return verifyCheckpoint(sha256, note, { origin, key: logKey }, verify);
    } catch (error) {
      if (error instanceof CheckpointError) return undefined;
      throw error;
    }
  }
}

function text(status: WitnessAnswer['status'], body: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function conflict(size: number): WitnessAnswer {
  return { status: 409, contentType: 'text/x.tlog.size', body: `${size}\n` };
}
