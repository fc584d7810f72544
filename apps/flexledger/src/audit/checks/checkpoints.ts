/**
 * The certifier's checkpoints: each root is the RFC 9162 root over the event hashes at its size,
 * each note is signed with the certifier's key under its origin, and each checkpoint is consistent
 * with the one before.
 */
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type MerkleTree,
  CheckpointError,
  verifyCheckpoint,
  verifyConsistency,
} from '@flexledger/merkle-log';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';

type Sealed = LoggedOf<'CheckpointSealed'>;

/** @param tree over the stored hashes of the events shown so far, at least */
export function createCheckpointCheck(tree: MerkleTree, findings: Findings): EventCheck {
  let certifier: LoggedOf<'CertifierStarted'>['data'] | undefined;
  /** The last checkpoint that holds. */
  let previous: Sealed['data'] | undefined;

  function faultOf({ data, position }: Sealed): string | undefined {
    const { size, root } = data;
    if (size > position || size > tree.size) {
      return `it covers ${size} events and stands itself at position ${position}`;
    }
    const sizeBefore = previous?.size ?? 0;
    if (size <= sizeBefore) return `its size ${size} is not above ${sizeBefore}`;
    const computed = hex(tree.root(size));
    if (computed !== root) {
      return (
        `the root of ${size} events is ${computed}, it seals ${root}: ` +
        `an event at positions ${sizeBefore} to ${size - 1} was changed, added or removed`
      );
    }
    if (previous && !isConsistent(tree, previous, data)) {
      return `it is not consistent with the checkpoint of ${previous.size} events`;
    }
    return noteFault(data);
  }

  function noteFault({ size, root, note }: Sealed['data']): string | undefined {
    if (!certifier) return 'no CertifierStarted before it names the key that signs';
    const { origin, publicKey } = certifier;
    const key = { name: origin, publicKey: Buffer.from(publicKey, 'hex') };
    try {
      const signed = verifyCheckpoint(sha256, note, { origin, key }, (by, message, signature) =>
        verifyEd25519(hex(by), message, hex(signature)),
      );
      const same = signed.size === size && hex(signed.root) === root;
      return same ? undefined : `its note is of ${signed.size} events, root ${hex(signed.root)}`;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return `in its note ${error.message}`;
    }
  }

  return {
    findings,
    types: ['CertifierStarted', 'CheckpointSealed'],
    see(event) {
      if (event.type === 'CertifierStarted') {
        certifier = event.data;
        return;
      }
      const sealed = event as Sealed;
      findings.checked();
      const fault = faultOf(sealed);
      if (fault) findings.fail(sealed, fault);
      else previous = sealed.data;
    },
    end() {
      if (!certifier) {
        findings.fail(
          undefined,
          'the log names no certifier (CertifierStarted), so nothing vouches for it',
        );
      }
    },
  };
}

function isConsistent(tree: MerkleTree, first: Sealed['data'], second: Sealed['data']): boolean {
  return verifyConsistency(sha256, {
    firstSize: first.size,
    firstRoot: Buffer.from(first.root, 'hex'),
    secondSize: second.size,
    secondRoot: Buffer.from(second.root, 'hex'),
    proof: tree.consistencyProof(first.size, second.size),
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
