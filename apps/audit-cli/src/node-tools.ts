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
/** Undefined when it is no point of P-256. */
function importedPoint(point: Uint8Array): KeyObject | undefined {
  const coordinate = (from: number): string =>
    Buffer.from(point.subarray(from, from + 32)).toString('base64url');
  const key = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
