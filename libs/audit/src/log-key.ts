/** By which key a log is signed: the one that its certifier named, and those that took its place one after another. */
import { fromHex, toHex } from '@flexledger/domain';
import { CheckpointError, verifyKeyChange } from '@flexledger/merkle-log';
import type { LoggedOf } from './logged-event';
import type { AuditTools } from './tools';

type Replaced = LoggedOf<'LogKeyReplaced'>['data'];

/** The log's name and key as they were until a statement, and the last checkpoint sealed by then. */
export interface KeyInForce {
  readonly origin: string;
  /** Ed25519 public key, hex. */
  readonly publicKey: string;
  readonly sealed: { readonly size: number; readonly root: string } | undefined;
}

/** Why a statement does not hand the log over to the key that it names; undefined where it does. */
export function keyChangeFault(
  { publicKey, statement }: Replaced,
  { origin, publicKey: before, sealed }: KeyInForce,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): string | undefined {
  const signer = { origin, key: { name: origin, publicKey: fromHex(before) } };
  try {
    const { checkpoint, key } = verifyKeyChange(sha256, statement, signer, verifyEd25519);
    const named = toHex(key.publicKey);
    if (named !== publicKey) return `its statement names the key ${named}, not ${publicKey}`;
    const { size, root } = checkpoint;
    if (size === (sealed?.size ?? 0) && (!sealed || toHex(root) === sealed.root)) return undefined;
    return `its statement is of ${size} leaves, the last checkpoint before it of ${sealed?.size ?? 0}`;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return `the key ${publicKey} takes the place of ${before} without its leave: ${error.message}`;
  }
}
