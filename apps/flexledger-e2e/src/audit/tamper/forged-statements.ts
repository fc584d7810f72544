/** What somebody writes into a log in its certifier's name: checkpoints, hand-overs and ends of keys. */
import { LOG_ORIGIN } from '@flexledger/composer';
import type { StoredRow } from '@flexledger/domain';
import {
  type Ed25519Key,
  ed25519KeyFrom,
  sha256,
  sha256Hex,
  signEd25519,
} from '@flexledger/identity';
import {
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { dataOf } from '../testing/simulated-day';
import { lastRowOf, rowOf, withInserted } from './edit-rows';

/** Of a certifier that is not the log's. */
export const otherKey = ed25519KeyFrom(sha256Hex('another certifier'));

/** At the end of the log, with the size of the last one and another root. */
export function withSecondCheckpoint(
  rows: readonly StoredRow[],
  { publicKey, privateKey }: Ed25519Key,
): StoredRow[] {
  const { size, lastPosition } = dataOf<'CheckpointSealed'>(lastRowOf(rows, 'CheckpointSealed'));
  const root = Buffer.from(sha256Hex('another history'), 'hex');
  const key = { name: LOG_ORIGIN, publicKey: Buffer.from(publicKey, 'hex') };
  const note = signCheckpoint(sha256, { origin: LOG_ORIGIN, size, root }, key, (message) =>
    signEd25519(privateKey, message),
  );
  return withInserted(rows, rows.length, {
    streamId: 'certification',
    type: 'CheckpointSealed',
    data: { size, root: root.toString('hex'), note, lastPosition },
    occurredAt: rows.at(-1)!.occurredAt,
    schemaVersion: 2,
    actor: 'platform:certifier',
  });
}

/** The statement is signed by the new key alone, in the name of the one before too. */
export function withStolenHandOver(rows: readonly StoredRow[]): StoredRow[] {
  const { size, root } = dataOf<'CheckpointSealed'>(lastRowOf(rows, 'CheckpointSealed'));
  const { publicKey, privateKey } = otherKey;
  const after = {
    key: { name: LOG_ORIGIN, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message: Uint8Array) => signEd25519(privateKey, message),
  };
  const checkpoint = { origin: LOG_ORIGIN, size, root: Buffer.from(root, 'hex') };
  const statement = signKeyChange(sha256, checkpoint, after, after);
  return withInserted(rows, rows.length, {
    streamId: 'certification',
    type: 'LogKeyReplaced',
    data: { publicKey, statement },
    occurredAt: rows.at(-1)!.occurredAt,
    actor: 'platform:certifier',
  });
}

/** Who has the disk ends the key by a recovery key of its own. */
export function withStolenRecovery(
  rows: readonly StoredRow[],
  logKey: Ed25519Key,
  isNamed: boolean,
): StoredRow[] {
  const keyOf = (publicKey: string) => ({
    name: LOG_ORIGIN,
    publicKey: Buffer.from(publicKey, 'hex'),
  });
  const recovery = {
    key: keyOf(otherKey.publicKey),
    sign: (message: Uint8Array) => signEd25519(otherKey.privateKey, message),
  };
  const written = { streamId: 'certification', actor: 'platform:certifier' };
  const { occurredAt } = rows.at(-1)!;
  const started = dataOf<'CertifierStarted'>(rowOf(rows, 'CertifierStarted'));
  const naming = { ...started, recoveryKey: verifierKeyText(sha256, recovery.key) };
  const named = isNamed
    ? withInserted(rows, rows.length, {
        ...written,
        type: 'CertifierStarted',
        data: naming,
        occurredAt,
      })
    : rows;
  const { size, root } = dataOf<'CheckpointSealed'>(lastRowOf(rows, 'CheckpointSealed'));
  const statement = signCompromise(
    sha256,
    { origin: LOG_ORIGIN, size, root: Buffer.from(root, 'hex') },
    { ended: keyOf(logKey.publicKey), next: recovery.key, recovery },
  );
  const data = { publicKey: otherKey.publicKey, statement };
  return withInserted(named, named.length, {
    ...written,
    type: 'LogKeyReplaced',
    data,
    occurredAt,
  });
}
