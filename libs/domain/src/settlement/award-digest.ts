import { type Sha256, sha256Hex } from '../log/sha256';

/** Digest under which a session's settlement is awarded once, hex. */
export function awardDigest(sha256: Sha256, sessionId: string, correction: number): string {
  return sha256Hex(sha256, `settlement/${sessionId}/${correction}`);
}
