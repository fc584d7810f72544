/** What the other log has signed, as the mirroring log keeps it. */
import { type LoggedOf, type TrustPolicy, recoveryKeyIn } from '@flexledger/audit';
import type { MirroredCheckpoint } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type KnownLog,
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  keyChangesFrom,
  leafHash,
  parseVerifierKey,
  sameBytes,
  verifyCheckpoint,
  verifyInclusion,
} from '@flexledger/merkle-log';

/** What of a trust file says which keys speak for a log. */
export type TrustedKeys = Pick<TrustPolicy, 'logKey' | 'formerKeys' | 'recoveryKey'>;

/** A key that speaks for a log. */
export interface KeyOfLog {
  readonly key: NoteKey;
  /** Up to how many leaves it does, where it was stated compromised. */
  readonly upTo?: number;
}

/**
 * The keys that speak for a log, in their order: the first, and those that it has been handed over to one after
 * another, each by a statement of both or of the recovery key. None where it certifies nothing.
 *
 * @param trust whose key is among them; absent: they begin with the one that the log names when its certifier starts
 */
export async function keysOfLog(
  log: EventStore,
  trust?: TrustedKeys,
): Promise<readonly KeyOfLog[]> {
  const statements = (trust?.formerKeys ?? []).map(({ statement }) => statement);
  for await (const { data } of log.readAll({ filter: { types: ['LogKeyReplaced'] } })) {
    statements.push((data as { readonly statement: string }).statement);
  }
  const known = trust ? knownBy(trust) : await namedFirstBy(log);
  if (!known) return [];
  const keys = followed(known, statements);
  const trusted = trust && parseVerifierKey(sha256, trust.logKey);
  if (!trusted || keys.some(({ key }) => sameBytes(key.publicKey, trusted.publicKey))) return keys;
  return followed({ ...known, key: trusted }, statements);
}

function followed(known: KnownLog, statements: readonly string[]): readonly KeyOfLog[] {
  const changes = keyChangesFrom(sha256, statements, known, verifyEd25519);
  return [known, ...changes].map(({ key }, nth): KeyOfLog => {
    const change = changes[nth];
    return change?.isCompromise ? { key, upTo: change.checkpoint.size } : { key };
  });
}

/** From the oldest key on. */
function knownBy({ logKey, formerKeys = [], recoveryKey }: TrustedKeys): KnownLog {
  const key = parseVerifierKey(sha256, formerKeys[0]?.key ?? logKey);
  return { origin: key.name, key, recoveryKey: recoveryKeyIn(sha256, recoveryKey) };
}

async function namedFirstBy(log: EventStore): Promise<KnownLog | undefined> {
  let first: LoggedOf<'CertifierStarted'>['data'] | undefined;
  let recovery: string | undefined;
  for await (const { data } of log.readAll({ filter: { types: ['CertifierStarted'] } })) {
    const named = data as unknown as LoggedOf<'CertifierStarted'>['data'];
    first ??= named;
    recovery ??= named.recoveryKey;
  }
  if (!first) return undefined;
  const { origin, publicKey } = first;
  return {
    origin,
    key: { name: origin, publicKey: Buffer.from(publicKey, 'hex') },
    recoveryKey: recoveryKeyIn(sha256, recovery),
  };
}

/** The checkpoint as the log of these keys has signed it by one of them, or why it has not. */
export function signedCheckpoint(
  { note }: Pick<MirroredCheckpoint, 'note'>,
  keys: readonly KeyOfLog[],
): SignedCheckpoint | string {
  let fault = 'its log names no key';
  for (const { key, upTo = Infinity } of keys) {
    const signed = read(() =>
      verifyCheckpoint(sha256, note, { origin: key.name, key }, verifyEd25519),
    );
    if (typeof signed === 'string') fault = signed;
    else if (signed.size <= upTo) return signed;
    else
      fault = `it was signed by a key that is believed up to ${upTo} leaves, and was then stated compromised`;
  }
  return fault;
}

function read<Words>(verify: () => Words): Words | string {
  try {
    return verify();
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
}

/**
 * The signed note under which an event was shown: with it nobody can say that it never was.
 *
 * @param hash of the event as it was shown
 */
export function noteOver(
  { position, hash }: { readonly position: number; readonly hash: string },
  checkpoints: readonly MirroredCheckpoint[],
  keys: readonly KeyOfLog[],
): string | undefined {
  for (const checkpoint of checkpoints) {
    const inclusion = checkpoint.inclusions.find((one) => one.position === position);
    const signed = inclusion && signedCheckpoint(checkpoint, keys);
    if (!signed || typeof signed === 'string') continue;
    const { size, root } = signed;
    const proof = inclusion.proof.map((one) => Buffer.from(one, 'hex'));
    const leaf = leafHash(sha256, Buffer.from(hash, 'hex'));
    const claim = { leafHash: leaf, index: inclusion.index, size, root, proof };
    if (verifyInclusion(sha256, claim)) return checkpoint.note;
  }
  return undefined;
}
