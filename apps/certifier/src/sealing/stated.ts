/**
 * What of a log's certification its own key stands for. Who has the disk alone can write a recovery key or a change of
 * contracts into the log, a checkpoint over it that the key has not signed, and another key for a while: all that would
 * count once the key has sealed it.
 */
import { CERTIFICATION_STREAM, type CertificationEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type NoteKey,
  CheckpointError,
  parseVerifierKey,
  verifyCheckpoint,
  verifyContractsChange,
  verifyKeyChange,
} from '@flexledger/merkle-log';

/** What was found in a log. */
export interface Stated {
  /** Whether a checkpoint of the log's key covers the name of its recovery key. */
  readonly isRecoverySealed: boolean;
  /** The first change of contracts that the key has neither stated nor sealed. */
  readonly unstated: { readonly position: number; readonly reason: string } | undefined;
}

type DataOf<Type> = Extract<CertificationEvent, { type: Type }>['data'];

/** Reads the log's own stream, from the key that it named first. */
export async function statedIn(log: EventStore, origin: string): Promise<Stated> {
  let key: NoteKey | undefined;
  let recovery: { readonly text: string; readonly position: number } | undefined;
  let isRecoverySealed = false;
  let unstated: { readonly position: number; readonly reason: string }[] = [];

  function sealed({ note, lastPosition }: DataOf<'CheckpointSealed'>): void {
    const isRecoveryCovered =
      recovery !== undefined && !isRecoverySealed && lastPosition >= recovery.position;
    const left = unstated.filter(({ position }) => position > lastPosition);
    if (!isRecoveryCovered && left.length === unstated.length) return;
    if (faultIn(() => verifyCheckpoint(sha256, note, known(), verifyEd25519)) !== undefined) return;
    isRecoverySealed ||= isRecoveryCovered;
    unstated = left;
  }

  /** @throws CheckpointError where the key has not left its place to another */
  function replaced({ statement }: DataOf<'LogKeyReplaced'>): void {
    const recoveryKey =
      recovery && isRecoverySealed ? parseVerifierKey(sha256, recovery.text) : undefined;
    ({ key } = verifyKeyChange(sha256, statement, { ...known(), recoveryKey }, verifyEd25519));
  }

  /** @throws CheckpointError */
  function known(): { readonly origin: string; readonly key: NoteKey } {
    if (key) return { origin, key };
    throw new CheckpointError('no certifier is named before it');
  }

  for await (const recorded of log.readStream(CERTIFICATION_STREAM)) {
    const { type, data } = recorded as unknown as CertificationEvent;
    const { position } = recorded;
    if (type === 'CertifierStarted') {
      key ??= { name: origin, publicKey: Buffer.from(data.publicKey, 'hex') };
      if (data.recoveryKey !== undefined) recovery ??= { text: data.recoveryKey, position };
    } else if (type === 'CheckpointSealed') sealed(data);
    else if (type === 'LogKeyReplaced') faultIn(() => replaced(data));
    else if (type === 'ContractsChanged') {
      const { statement, ...change } = data;
      const reason = faultIn(() =>
        verifyContractsChange(sha256, statement, change, known(), verifyEd25519),
      );
      if (reason !== undefined) unstated.push({ position, reason });
    }
  }
  return { isRecoverySealed, unstated: unstated[0] };
}

function faultIn(look: () => void): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
}
