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
  /** By the bytes themselves, of those who hand over the same ones again: they MUST NOT be written to. */
  const keysOfBytes = new WeakMap<Uint8Array, KeyObject>();
  const keyOf = (point: Uint8Array): KeyObject | undefined => {
    const known = keysOfBytes.get(point);
    if (known) return known;
    const name = hex(point);
    if (!keys.has(name)) keys.set(name, importedPoint(point));
    const key = keys.get(name);
    if (key) keysOfBytes.set(point, key);
    return key;
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

const POINT_BYTES = 65;
const COORDINATE_BYTES = 32;
const UNCOMPRESSED = 4;

/** Undefined when it is no point of P-256. As a JWK: SEC 1 in DER takes twice as long to read. */
function importedPoint(point: Uint8Array): KeyObject | undefined {
  if (point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) return undefined;
  const coordinate = (from: number): string =>
    Buffer.from(point.subarray(from, from + COORDINATE_BYTES)).toString('base64url');
  try {
    const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(1 + COORDINATE_BYTES) };
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
