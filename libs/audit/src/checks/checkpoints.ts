/**
 * The certifier's checkpoints: each root is the RFC 9162 root over the event hashes at its size, each
 * names the event of its last leaf by that event's position, each note is signed with the certifier's
 * key under its origin, and each checkpoint is consistent with the one before. A key takes the place of another
 * only by a statement that both have signed, or that ends the one before and that the recovery key has signed: what
 * was sealed behind the checkpoint that this one names is not believed until the next key has sealed it.
 */
import { type StoredRow, fromHex, toHex } from '@flexledger/domain';
import { CheckpointError, verifyCheckpoint, verifyConsistency } from '@flexledger/merkle-log';
import type { CertifiedLeaves } from '../leaves';
import { type RecoveryKeyNamed, NO_KEY, keyNamed, keyReplaced, recoveryNamed } from '../log-key';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { AuditTools } from '../tools';

type Sealed = LoggedOf<'CheckpointSealed'>;

/** From this version on a checkpoint says `lastPosition`; what reads so in older ones was never written. */
const NAMES_LAST_POSITION = 2;

/** @param leaves stored hashes of the events shown so far, at least */
export function createCheckpointCheck(
  leaves: CertifiedLeaves,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
  findings: Findings,
): EventCheck {
  const { tree } = leaves;
  let certifier: LoggedOf<'CertifierStarted'>['data'] | undefined;
  let recovery: RecoveryKeyNamed | undefined;
  /** The last checkpoint that holds. */
  let previous: Sealed['data'] | undefined;
  /** Sealed by a key that was ended, behind where it is believed, and by none since. */
  let disowned: { readonly upTo: number; readonly size: number } | undefined;

  function faultOf(event: Sealed, { schemaVersion }: StoredRow): string | undefined {
    const { data } = event;
    const { size, root, lastPosition } = data;
    const before = leaves.leafIndexOf(event) ?? 0;
    if (size > before) return `it covers ${size} leaves and has ${before} before it`;
    const sizeBefore = previous?.size ?? 0;
    if (size <= sizeBefore) return `its size ${size} is not above ${sizeBefore}`;
    const computed = toHex(tree.root(size));
    if (computed !== root) {
      return (
        `the root of ${size} leaves is ${computed}, it seals ${root}: ` +
        `an event at positions ${leaves.positionOf(sizeBefore)} to ${leaves.positionOf(size - 1)} ` +
        'was changed, added or removed'
      );
    }
    const ofLastLeaf = leaves.positionOf(size - 1);
    if (schemaVersion >= NAMES_LAST_POSITION && lastPosition !== ofLastLeaf) {
      return `its last leaf is the event at position ${ofLastLeaf}, it says ${lastPosition}`;
    }
    if (previous && !isConsistent(previous, data)) {
      return `it is not consistent with the checkpoint of ${previous.size} leaves`;
    }
    return noteFault(data);
  }

  function noteFault({ size, root, note }: Sealed['data']): string | undefined {
    if (!certifier) return 'no CertifierStarted before it names the key that signs';
    const { origin } = certifier;
    const key = keyNamed(sha256, certifier);
    if (!key) return NO_KEY;
    try {
      const signed = verifyCheckpoint(sha256, note, { origin, key }, verifyEd25519);
      const same = signed.size === size && toHex(signed.root) === root;
      return same ? undefined : `its note is of ${signed.size} leaves, root ${toHex(signed.root)}`;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return `in its note ${error.message}`;
    }
  }

  function replaced(event: LoggedOf<'LogKeyReplaced'>): void {
    findings.checked();
    if (!certifier) {
      return findings.fail(event, 'no CertifierStarted before it names the key that it replaces');
    }
    const inForce = {
      ...certifier,
      recovery,
      sealed: previous,
      rootOf: (size: number) => toHex(tree.root(size)),
    };
    const done = keyReplaced(event.data, inForce, { sha256, verifyEd25519 });
    if ('fault' in done) return findings.fail(event, done.fault);
    if (done.isCompromise) ended(done.upTo);
    certifier = { ...certifier, publicKey: event.data.publicKey };
  }

  function ended(upTo: number): void {
    findings.note(`the log's key was stated compromised, and is believed up to ${upTo} leaves`);
    if (previous && previous.size > upTo) disowned = { upTo, size: previous.size };
  }

  function isConsistent(first: Sealed['data'], second: Sealed['data']): boolean {
    return verifyConsistency(sha256, {
      firstSize: first.size,
      firstRoot: fromHex(first.root),
      secondSize: second.size,
      secondRoot: fromHex(second.root),
      proof: tree.consistencyProof(first.size, second.size),
    });
  }

  return {
    findings,
    types: ['CertifierStarted', 'LogKeyReplaced', 'CheckpointSealed'],
    see(event, row) {
      if (event.type === 'CertifierStarted') {
        certifier = event.data;
        recovery ??= recoveryNamed(event, leaves);
        return;
      }
      if (event.type === 'LogKeyReplaced') return replaced(event);
      const sealed = event as Sealed;
      findings.checked();
      const fault = faultOf(sealed, row);
      if (fault) return findings.fail(sealed, fault);
      previous = sealed.data;
      disowned = undefined;
    },
    end() {
      if (disowned) {
        const { upTo, size } = disowned;
        findings.fail(
          undefined,
          `what was sealed from ${upTo} leaves on, up to ${size}, was sealed by a key that was stated compromised, ` +
            'and the key that follows has sealed none of it',
        );
      }
      if (!certifier) {
        findings.fail(
          undefined,
          'the log names no certifier (CertifierStarted), so nothing vouches for it',
        );
      }
    },
  };
}
