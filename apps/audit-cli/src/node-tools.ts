/** What the audit is given at the command line: Node's cryptography, and HiGHS. */
import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import type { AuditTools, ReplayTools } from '@flexledger/audit';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import { loadHighsSolver } from '@flexledger/solver';

/** For a replay. */
export const replayTools: ReplayTools = { sha256, loadSolver: loadHighsSolver };

/** For one audit, in the calling thread: public keys are imported once, as that costs as much as a verification. */
export function createNodeTools(): AuditTools {
  const keys = new Map<string, KeyObject | undefined>();
  const keyOf = (point: Uint8Array): KeyObject | undefined => {
    const name = hex(point);
    if (!keys.has(name)) keys.set(name, importedPoint(point));
    return keys.get(name);
  };
  return {
    ...replayTools,
    verifyP256(publicKey, message, signature) {
      const key = keyOf(publicKey);
      return (
        key !== undefined &&
        verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
      );
    },
    verifyEd25519,
  };
}

/** What stands in DER before an uncompressed point on P-256 (RFC 5480). */
const P256_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** Undefined when it is no point of P-256. */
function importedPoint(point: Uint8Array): KeyObject | undefined {
  try {
    const spki = Buffer.concat([P256_SPKI_PREFIX, point]);
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
