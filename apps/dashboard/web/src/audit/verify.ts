/**
 * What this browser checks by itself, with the same code as the audit at the command line: each step says
 * what was compared and with which bytes. What an answer claims is never taken for true, only computed with.
 */
import { ed25519 } from '@noble/curves/ed25519';
import { sha256 } from '@noble/hashes/sha2';
import {
  type KeyChange,
  type SignedCheckpoint,
  keyChangesFrom,
  leafHash,
  parseVerifierKey,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@flexledger/merkle-log';
import { type CloudEventLike, hashOfEvent } from './event-bytes';
import { fromHex, hex } from './hex';
import type { Step } from './steps';

/** `GET /api/v1/log/inclusion` */
export interface InclusionAnswer {
  readonly index: number;
  readonly position: number;
  readonly size: number;
  readonly leafHash: string;
  readonly root: string;
  readonly proof: readonly string[];
}

/** `GET /api/v1/log/consistency` */
export interface ConsistencyAnswer {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: string;
  readonly toRoot: string;
  readonly proof: readonly string[];
}

/** Who signs checkpoints. */
export interface LogKey {
  readonly origin: string;
  /** Ed25519, 32 bytes, hex. */
  readonly publicKey: string;
}

/** How a log says that its keys followed one another: `GET /api/v1/log/key-changes`. */
export interface KeyChangesAnswer {
  readonly items: readonly string[];
  /** Verifier key that alone ends a key; null where the log names none. */
  readonly recoveryKey: string | null;
}

/** A log as this browser met it. */
export interface MetLog {
  readonly key: LogKey;
  /** Verifier key of its recovery key, as it was told first; absent where it was told none. */
  readonly recoveryKey?: string;
}

/** A checkpoint that was seen before, or on a chain. */
export interface SeenRoot {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** The contents of an event hash to what the log says of it. */
export function checkHash(event: CloudEventLike): Step {
  const name = 'Event hash';
  if (event.flexledgerpartial) {
    return step(
      name,
      'open',
      'You are shown your own rows of this event only; its hash is of all rows.',
      [['said', event.hash]],
    );
  }
  const computed = hashOfEvent(event);
  const bytes = [
    ['computed', computed],
    ['said', event.hash],
  ] as const;
  return computed === event.hash
    ? step(
        name,
        'good',
        'SHA-256 of the event as it was received is the hash that the log says.',
        bytes,
      )
    : step(name, 'bad', 'The event as it was received does not hash to what the log says.', bytes);
}

/** The event's hash is the leaf that the proof begins with. */
export function checkLeaf(eventHash: string, claim: InclusionAnswer): Step {
  const computed = hex(leafHash(sha256, fromHex(eventHash)));
  const bytes = [
    ['computed', computed],
    ['proof says', claim.leafHash],
  ] as const;
  return computed === claim.leafHash
    ? step('Leaf', 'good', `It is leaf ${claim.index} of the tree.`, bytes)
    : step('Leaf', 'bad', 'The proof is of another event than this one.', bytes);
}

/** The leaf is in the tree with the root of the signed checkpoint. */
export function checkInclusion(
  eventHash: string,
  claim: InclusionAnswer,
  checkpoint: SignedCheckpoint,
): Step {
  const name = 'Inclusion';
  const bytes = [
    ['root of the proof', claim.root],
    ['root of the checkpoint', hex(checkpoint.root)],
    ...claim.proof.map((hash, index) => [`proof ${index + 1}`, hash] as const),
  ] as const;
  if (claim.size !== checkpoint.size || claim.root !== hex(checkpoint.root)) {
    return step(name, 'bad', 'The proof is to another root than the signed checkpoint has.', bytes);
  }
  const holds = verifyInclusion(sha256, {
    leafHash: leafHash(sha256, fromHex(eventHash)),
    index: claim.index,
    size: claim.size,
    root: checkpoint.root,
    proof: claim.proof.map(fromHex),
  });
  return holds
    ? step(
        name,
        'good',
        `${claim.proof.length} hashes lead from the leaf to the root over ${claim.size} events.`,
        bytes,
      )
    : step(name, 'bad', 'The hashes of the proof do not lead to the root.', bytes);
}

/** The checkpoint is signed by the log's key. */
export function checkSignature(
  note: string,
  key: LogKey,
): { readonly step: Step; readonly checkpoint: SignedCheckpoint | undefined } {
  const name = 'Checkpoint signature';
  const bytes = [
    ['key', key.publicKey],
    ['signed text', note.split('\n\n')[0] ?? ''],
  ] as const;
  try {
    const checkpoint = verifyCheckpoint(
      sha256,
      note,
      { origin: key.origin, key: { name: key.origin, publicKey: fromHex(key.publicKey) } },
      (publicKey, message, signature) => isSigned(publicKey, message, signature),
    );
    const detail = `Signed by ${key.origin} over ${checkpoint.size} events.`;
    return { step: step(name, 'good', detail, bytes), checkpoint };
  } catch (error) {
    return {
      step: step(name, 'bad', `${(error as Error).message}.`, bytes),
      checkpoint: undefined,
    };
  }
}

/** The tree of the checkpoint begins with one that was seen before: nothing was taken away or changed. */
export function checkConsistency(
  seen: SeenRoot,
  claim: ConsistencyAnswer,
  checkpoint: SignedCheckpoint,
): Step {
  const name = 'Consistency';
  const bytes = [
    [`root seen at ${seen.size}`, seen.root],
    [`root now at ${checkpoint.size}`, hex(checkpoint.root)],
  ] as const;
  const holds =
    claim.from === seen.size &&
    claim.to === checkpoint.size &&
    verifyConsistency(sha256, {
      firstSize: seen.size,
      firstRoot: fromHex(seen.root),
      secondSize: checkpoint.size,
      secondRoot: checkpoint.root,
      proof: claim.proof.map(fromHex),
    });
  return holds
    ? step(
        name,
        'good',
        `The log of ${checkpoint.size} events goes on from the ${seen.size} seen before.`,
        bytes,
      )
    : step(
        name,
        'bad',
        `What was seen before, ${seen.size} events, is not how this log begins.`,
        bytes,
      );
}

/**
 * The key is the one that this browser met last, or one that it leads to: by hand-overs that both keys have signed, or
 * by the recovery key that this browser knows.
 */
export function checkKey(key: LogKey, met: MetLog, statements: readonly string[] = []): Step {
  const name = 'Key of the log';
  const bytes = [
    ['now', key.publicKey],
    ['met before', met.key.publicKey],
  ] as const;
  const changes = changesFrom(met, statements);
  const { origin } = met.key;
  const last = changes.at(-1);
  const isIt =
    key.origin === origin && key.publicKey === (last ? hex(last.key.publicKey) : met.key.publicKey);
  if (!isIt) {
    const was = `The log had another key or name when this browser met it (${origin})`;
    return step(name, 'bad', `${was}, which does not lead to this one.`, bytes);
  }
  if (!last) return step(name, 'good', `${origin} has the key that this browser met.`, bytes);
  const ended = changes.filter(({ isCompromise }) => isCompromise).length;
  const how = ended > 0 ? `, ${ended} of them ended by its recovery key` : '';
  const detail = `${origin} has gone over to it from the key that this browser met, ${changes.length} times${how}.`;
  return step(name, 'good', detail, bytes);
}

/** A verifier key as a log says it; undefined where it says none, or what is none. */
export function verifierKeyIn(text: string | null): string | undefined {
  try {
    parseVerifierKey(sha256, text ?? '');
    return text!;
  } catch {
    return undefined;
  }
}

/** The changes that lead on from the key that was met, as far as they are shown. */
function changesFrom(
  { key: { origin, publicKey }, recoveryKey }: MetLog,
  statements: readonly string[],
): readonly KeyChange[] {
  const known = {
    origin,
    key: { name: origin, publicKey: fromHex(publicKey) },
    recoveryKey: recoveryKey === undefined ? undefined : parseVerifierKey(sha256, recoveryKey),
  };
  return keyChangesFrom(sha256, statements, known, isSigned);
}

/** The root that the chain holds for a size is the log's own. */
export function checkAnchor(anchor: SeenRoot, onChain: string): Step {
  const bytes = [
    ['log', anchor.root],
    ['chain', onChain],
  ] as const;
  return anchor.root === onChain
    ? step('On the chain', 'good', `The chain holds this root over ${anchor.size} events.`, bytes)
    : step(
        'On the chain',
        'bad',
        `The chain holds another root over ${anchor.size} events.`,
        bytes,
      );
}

function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey);
  } catch {
    return false;
  }
}

function step(name: string, state: Step['state'], detail: string, bytes: Step['bytes']): Step {
  return { name, state, detail, bytes };
}
