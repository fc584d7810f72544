/** Digests that the domain lays down, by Node's SHA-256. */
import { createHash } from 'node:crypto';
import {
  type AgreementTerms,
  type ClearingInstance,
  agreementDigest as agreementDigestBy,
  awardDigest as awardDigestBy,
  problemPieces,
} from '@flexledger/domain';
import { sha256 } from './hash';

/** What the chain holds of an agreement: the domain's `agreementDigest`. */
export function agreementDigest(terms: AgreementTerms, acceptedHash: string): string {
  return agreementDigestBy(sha256, terms, acceptedHash);
}

/** Under what a session's settlement is awarded once: the domain's `awardDigest`. */
export function awardDigest(sessionId: string, correction: number): string {
  return awardDigestBy(sha256, sessionId, correction);
}

/** Of a clearing problem, the domain's `problemDigest`, hashed piece by piece. */
export function problemDigest(instance: ClearingInstance): string {
  const hash = createHash('sha256');
  for (const piece of problemPieces(instance)) hash.update(piece);
  return hash.digest('hex');
}
