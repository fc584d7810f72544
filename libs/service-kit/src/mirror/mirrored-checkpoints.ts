/**
 * What the other log has signed: its newest checkpoint, the proof that it goes on from the one that is
 * held, and the proofs that it holds what was shown. All of it is checked before it is kept.
 */
import type {
  MirrorAlarm,
  MirrorState,
  MirroredCheckpoint,
  MirroredEvent,
} from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import {
  leafHash,
  parseCheckpoint,
  verifyConsistency,
  verifyInclusion,
  type SignedCheckpoint,
} from '@flexledger/merkle-log';

const TIMEOUT_MS = 30_000;
/** Proofs kept in one event, of some 20 hashes each. */
const PROOFS_AT_ONCE = 300;
const HASH = /^[0-9a-f]{64}$/;

/**
 * What is new of the other log's checkpoints; undefined where it has none, or nothing is new.
 *
 * @param unproved what was shown behind a position, rising
 * @throws Error when the certifier does not answer as agreed
 */
export async function newestCheckpoint(
  { certifierUrl }: { readonly certifierUrl: string },
  { checkpoint: held, provedUpTo = -Infinity }: MirrorState,
  unproved: (after: number) => AsyncIterable<MirroredEvent>,
): Promise<Newest | undefined> {
  const answer = await ask(certifierUrl, '/api/v1/log/checkpoint');
  // Who certifies nothing has no such route, or has sealed nothing yet.
  if (answer.status === 404) return undefined;
  const note = required(answer);
  const newest = parseCheckpoint(note);
  const since = held ? await consistencyOf(certifierUrl, held, newest) : { size: 0, proof: [] };
  if (!since) {
    const reason =
      `its newest checkpoint does not go on from the one of ${held!.size} leaves (root ${held!.root}) ` +
      'that is held';
    const position = Math.max(provedUpTo, 0);
    const alarm = { kind: 'forked', position, reason, known: null, shown: note } as const;
    return { alarms: [alarm], isMore: false };
  }
  const inclusions: { position: number; index: number; proof: string[] }[] = [];
  const alarms: MirrorAlarm[] = [];
  for await (const event of unproved(provedUpTo)) {
    if (inclusions.length === PROOFS_AT_ONCE) break;
    const found = await inclusionOf(certifierUrl, event, newest);
    if (found === 'later') break;
    if (found) inclusions.push({ position: event.position, ...found });
    else alarms.push(notIncluded(event, note));
  }
  const { size } = newest;
  const isNew = size !== held?.size || inclusions.length > 0;
  const checkpoint = { note, size, root: hex(newest.root), since, inclusions };
  const isMore = inclusions.length === PROOFS_AT_ONCE;
  return { ...(isNew ? { checkpoint } : {}), alarms, isMore };
}

/** What is to be kept, and whether there is more to be proved at once. */
interface Newest {
  readonly checkpoint?: MirroredCheckpoint;
  readonly alarms: readonly MirrorAlarm[];
  readonly isMore: boolean;
}

/** Undefined where the newer one does not go on from the one held. */
async function consistencyOf(
  url: string,
  held: { readonly size: number; readonly root: string },
  { size, root }: SignedCheckpoint,
): Promise<MirroredCheckpoint['since'] | undefined> {
  const claim = {
    firstSize: held.size,
    firstRoot: Buffer.from(held.root, 'hex'),
    secondSize: size,
    secondRoot: root,
  };
  if (held.size > size) return undefined;
  if (held.size === size) {
    return verifyConsistency(sha256, { ...claim, proof: [] })
      ? { size: held.size, proof: [] }
      : undefined;
  }
  const path = `/api/v1/log/consistency?from=${held.size}&to=${size}`;
  const { proof } = jsonOf(await ask(url, path), path);
  const hashes = hashesIn(proof, path);
  if (!verifyConsistency(sha256, { ...claim, proof: hashes.map(bytes) })) return undefined;
  return { size: held.size, proof: hashes };
}

/** `later`: the checkpoint does not reach to the event yet; undefined: it holds another history. */
async function inclusionOf(
  url: string,
  { eventId, hash }: MirroredEvent,
  { size, root }: SignedCheckpoint,
): Promise<{ index: number; proof: string[] } | 'later' | undefined> {
  const path = `/api/v1/log/inclusion?id=${eventId}&size=${size}`;
  const answer = await ask(url, path);
  if (answer.status === 400) return 'later';
  if (answer.status === 404) return undefined;
  const { index, proof } = jsonOf(answer, path);
  const hashes = hashesIn(proof, path);
  const claim = {
    leafHash: leafHash(sha256, bytes(hash)),
    index: index as number,
    size,
    root,
    proof: hashes.map(bytes),
  };
  return verifyInclusion(sha256, claim) ? { index: index as number, proof: hashes } : undefined;
}

function notIncluded({ position, type, eventId, hash }: MirroredEvent, note: string): MirrorAlarm {
  const reason =
    `${type} ${eventId}, which was shown at position ${position} with hash ${hash}, is not in the log that ` +
    'it has signed';
  return { kind: 'forked', position, reason, known: { eventId, hash }, shown: note };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, path: string): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(new URL(path, url), { redirect: 'error', signal });
  return { status: response.status, text: await response.text() };
}

function required({ status, text }: Answer): string {
  if (status === 200) return text;
  throw new Error(`the certifier answered ${status} ${text.slice(0, 200)}`);
}

function jsonOf(answer: Answer, path: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(required(answer)) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`the certifier gave no JSON at ${path}`);
    throw error;
  }
}

function hashesIn(proof: unknown, path: string): string[] {
  const isProof =
    Array.isArray(proof) && proof.every((it) => typeof it === 'string' && HASH.test(it));
  if (isProof) return proof as string[];
  throw new Error(`the certifier gave no proof at ${path}`);
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
