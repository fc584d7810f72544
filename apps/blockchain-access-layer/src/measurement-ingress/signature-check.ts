import { LRUCache } from 'lru-cache';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/**
 * Checks signatures of nodes (ECDSA P-256 with SHA-256, r and s, 64 bytes hex) on Node's thread
 * pool: the check is half of what a packet costs, and there it keeps no message and no append waiting.
 */
export interface SignatureCheck {
  /** Whether `signature` is the key's over `message`; anything malformed is not. Never rejects. */
  isBy(publicKey: string, message: string, signature: string): Promise<boolean>;
}

/** @param keysKept imported keys kept at hand; an import costs as much as a check */
export function createSignatureCheck(keysKept: number): SignatureCheck {
  const keys = new LRUCache<string, KeyObject>({ max: keysKept });

  function keyFor(publicKey: string): KeyObject {
    const kept = keys.get(publicKey);
    if (kept) return kept;
    const key = importPoint(publicKey);
    keys.set(publicKey, key);
    return key;
  }

  return {
    isBy(publicKey, message, signature) {
      return new Promise((resolve) => {
        try {
          const key = { key: keyFor(publicKey), dsaEncoding: 'ieee-p1363' } as const;
          const bytes = Buffer.from(signature, 'hex');
          verify('sha256', Buffer.from(message), key, bytes, (error, isValid) =>
            resolve(!error && isValid),
          );
        } catch {
          resolve(false); // a point that is not on the curve
        }
      });
    },
  };
}

/** @param publicKey SEC 1 uncompressed point, hex */
function importPoint(publicKey: string): KeyObject {
  const point = Buffer.from(publicKey, 'hex');
  const coordinate = (from: number): string => point.toString('base64url', from, from + 32);
  const key = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
  return createPublicKey({ key, format: 'jwk' });
}
