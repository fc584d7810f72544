/**
 * Witnesses of the log (https://c2sp.org/tlog-witness), as its certifier asks them: each gets the new
 * checkpoint with the proof that it goes on from what that witness has seen. One that is down, slow or
 * wrong costs its own cosignature and nothing else; the next checkpoint asks it again.
 */
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type MerkleTree,
  type NoteKey,
  cosignedAtS,
  parseCheckpoint,
  witnessRequestText,
} from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';

/** Whom to ask. */
export interface WitnessAddress {
  /** Its key, of kind cosignature. */
  readonly key: NoteKey;
  /** The prefix before `/add-checkpoint`. */
  readonly url: string;
}

/** A cosignature that was found to be the witness's own. */
export interface Cosignature {
  /** Name of the witness's key. */
  readonly witness: string;
  /** With its newline. */
  readonly line: string;
}

export interface Witnesses {
  /** Asks all at once; those that answer in time and well have cosigned. Never throws. */
  cosign(note: string, tree: MerkleTree): Promise<readonly Cosignature[]>;
}

const TIMEOUT_MS = 5_000;
/** Far above what a witness with several keys answers. */
const ANSWER_CHARACTERS_AT_MOST = 16_384;

/** @param onProblem told when a witness begins to fail, and when it fails in another way */
export function askWitnesses(
  addresses: readonly WitnessAddress[],
  onProblem: (problem: string) => void,
): Witnesses {
  /** What each has seen, as far as it said so. */
  const seen = new Map<string, number>();
  const failing = new Map<string, string>();

  async function ask({ key, url }: WitnessAddress, note: string, tree: MerkleTree) {
    const { size } = parseCheckpoint(note);
    for (let tries = 1; ; tries += 1) {
      const oldSize = seen.get(key.name) ?? 0;
      const proof = oldSize === 0 || oldSize >= size ? [] : tree.consistencyProof(oldSize, size);
      const response = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
        method: 'POST',
        body: witnessRequestText({ oldSize, proof, note }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      });
      const text = await boundedText(response);
      if (response.status === 409 && tries === 1) {
        seen.set(key.name, sizeIn(text, size));
        continue;
      }
      if (response.status !== 200)
        throw new Error(`${response.status} ${text.trim().slice(0, 200)}`);
      seen.set(key.name, size);
      return cosignatureIn(text, note, key);
    }
  }

  return {
    async cosign(note, tree) {
      const answers = await Promise.all(
        addresses.map(async (address): Promise<Cosignature | undefined> => {
          const { name } = address.key;
          try {
            const cosignature = await ask(address, note, tree);
            failing.delete(name);
            return cosignature;
          } catch (error) {
            const why = messageOf(error);
            if (failing.get(name) !== why) onProblem(`witness ${name}: ${why}`);
            failing.set(name, why);
            return undefined;
          }
        }),
      );
      return answers.filter((answer) => answer !== undefined);
    },
  };
}

function sizeIn(text: string, most: number): number {
  const size = /^(0|[1-9]\d*)\n?$/.exec(text)?.[1];
  if (size !== undefined && Number(size) <= most) return Number(size);
  throw new Error(`it says to have seen ${text.trim().slice(0, 20)} leaves; there are ${most}`);
}

/** The witness's own line of an answer that may hold others. @throws Error when there is none that verifies */
function cosignatureIn(text: string, note: string, key: NoteKey): Cosignature {
  for (const line of text.split('\n').filter((one) => one !== '')) {
    try {
      const checkpoint = parseCheckpoint(`${note}${line}\n`);
      if (cosignedAtS(sha256, checkpoint, key, verifyEd25519) !== undefined) {
        return { witness: key.name, line: `${line}\n` };
      }
    } catch {
      // Not a signature line; another may be one.
    }
  }
  throw new Error('its answer holds no cosignature by its key');
}

async function boundedText(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    if (text.length > ANSWER_CHARACTERS_AT_MOST) throw new Error('its answer is too long');
  }
  return text;
}
