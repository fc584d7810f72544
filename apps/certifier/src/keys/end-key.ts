/** Ending a key of the log: what its machine asks the recovery key for, and what it does with the answer. */
import {
  CERTIFICATION_STREAM,
  type CertificationCommand,
  type CertificationEvent,
  type CertificationState,
  certificationDecider,
  decodeEvent,
  fromHex,
  toHex,
} from '@flexledger/domain';
import { type EventStore, contextOf, createCommandHandler } from '@flexledger/event-store';
import { sha256, sha256Hex, verifyEd25519 } from '@flexledger/identity';
import {
  CheckpointError,
  type KeyChange,
  type KnownLog,
  MerkleFrontier,
  type NoteKey,
  parseCheckpoint,
  parseVerifierKey,
  verifierKeyText,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import type { Clock } from '@flexledger/runtime';
import {
  COMPROMISE_REQUEST_FORMAT,
  type CompromiseRequest,
  StatementRefused,
} from './recovery-key';

type Sealed = Extract<CertificationEvent, { type: 'CheckpointSealed' }>['data'];

/**
 * What the recovery key is to sign.
 *
 * @param next the key that is to follow
 * @param size of the last checkpoint that is to be believed; absent: the last that was sealed
 * @throws StatementRefused when the log names no recovery key, has no such checkpoint, or is signed with `next` already
 */
export async function askCompromise(
  log: EventStore,
  next: Pick<NoteKey, 'publicKey'>,
  size?: number,
): Promise<CompromiseRequest> {
  const { known, sealed } = await certificationOf(log);
  const { origin, key, recoveryKey } = known;
  const last = size === undefined ? sealed.at(-1) : sealed.find((one) => one.size === size);
  if (!last) {
    const [first, latest] = [sealed[0]?.size, sealed.at(-1)?.size];
    const has = latest === undefined ? 'none' : `those of ${first} to ${latest}`;
    throw new StatementRefused(
      `The log has no checkpoint of ${size ?? 'any'} leaves; it has ${has}.`,
    );
  }
  const nextKey = { name: origin, publicKey: next.publicKey };
  if (toHex(key.publicKey) === toHex(next.publicKey)) {
    throw new StatementRefused(
      'The log is signed with the key that is to follow already; with a key in a token, name another keyId first.',
    );
  }
  return {
    format: COMPROMISE_REQUEST_FORMAT,
    origin,
    key: verifierKeyText(sha256, key),
    nextKey: verifierKeyText(sha256, nextKey),
    recoveryKey: verifierKeyText(sha256, recoveryKey),
    size: last.size,
    root: last.root,
  };
}

/**
 * Records in the log that its key was ended, and which follows; done already where that one is in force.
 *
 * @throws StatementRefused when the statement is none of this log's recovery key, or of another log than it holds
 */
export async function endKey(log: EventStore, clock: Clock, statement: string): Promise<NoteKey> {
  const { known, sealed, namedAt } = await certificationOf(log);
  const next = nextKeyIn(statement);
  if (toHex(next.publicKey) === toHex(known.key.publicKey)) return next;
  const change = verified(statement, known);
  await requireOfLog(log, change, { sealedSize: sealed.at(-1)?.size ?? 0, namedAt });
  const handler = createCommandHandler<
    CertificationState,
    CertificationCommand,
    CertificationEvent
  >({ store: log, clock, decider: certificationDecider, cachedStreams: 1 });
  const replaced = { publicKey: toHex(change.key.publicKey), statement };
  const step = `certifier/end/${sha256Hex(statement)}`;
  const context = contextOf(step, 'certification', 'platform:certifier');
  await handler.handle(CERTIFICATION_STREAM, { kind: 'replaceKey', replaced }, context);
  return change.key;
}

function nextKeyIn(statement: string): NoteKey {
  return unlessRefused(() => {
    const named = parseCheckpoint(statement).extensionLines.at(-1) ?? '';
    return parseVerifierKey(sha256, named.replace(/^next-key /, ''));
  });
}

function verified(statement: string, known: KnownLog): KeyChange {
  const change = unlessRefused(() => verifyKeyChange(sha256, statement, known, verifyEd25519));
  if (change.isCompromise) return change;
  throw new StatementRefused('The statement ends no key: it hands the log over.');
}

function unlessRefused<Answer>(read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new StatementRefused(`The statement cannot be used: ${error.message}.`);
  }
}

/** An audit would not follow it otherwise. */
async function requireOfLog(
  log: EventStore,
  { checkpoint: { size, root } }: KeyChange,
  { sealedSize, namedAt }: { readonly sealedSize: number; readonly namedAt: number },
): Promise<void> {
  if (size > sealedSize) {
    throw new StatementRefused(
      `The statement is of ${size} leaves, ${sealedSize} are sealed: it is of another log, or of more of it.`,
    );
  }
  const frontier = new MerkleFrontier(sha256);
  let isNamed = false;
  for await (const { hash, position } of log.readAll({ limit: size })) {
    frontier.append(fromHex(hash));
    isNamed ||= position === namedAt;
  }
  if (toHex(frontier.root()) !== toHex(root)) {
    throw new StatementRefused(`The statement is of other ${size} leaves than the log has.`);
  }
  if (isNamed) return;
  throw new StatementRefused(
    `The statement is of ${size} leaves, which do not name the recovery key yet; ask for a later checkpoint.`,
  );
}

/** What the log says of its keys and checkpoints. @throws StatementRefused when it names no recovery key */
async function certificationOf(log: EventStore) {
  let state = certificationDecider.initialState;
  const sealed: Sealed[] = [];
  let namedAt = -1;
  for await (const recorded of log.readStream(CERTIFICATION_STREAM)) {
    const event = decodeEvent(recorded) as unknown as CertificationEvent;
    const isNamed = state.certifier?.recoveryKey !== undefined;
    state = certificationDecider.evolve(state, event);
    if (!isNamed && state.certifier?.recoveryKey !== undefined) namedAt = recorded.position;
    if (event.type === 'CheckpointSealed') sealed.push(event.data);
  }
  const { certifier } = state;
  if (certifier?.recoveryKey === undefined) {
    throw new StatementRefused(
      'The log names no recovery key: nobody ends its key. Name one by certifier.recoveryKey, while its key is safe.',
    );
  }
  const { origin, publicKey, recoveryKey } = certifier;
  const known = {
    origin,
    key: { name: origin, publicKey: fromHex(publicKey) },
    recoveryKey: parseVerifierKey(sha256, recoveryKey),
  };
  return { known, sealed, namedAt };
}
