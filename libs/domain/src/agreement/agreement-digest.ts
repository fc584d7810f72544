import { documentDigest } from '../log/event-hash';
import type { Sha256 } from '../log/sha256';
import type { AgreementTerms } from './events';

/**
 * What the chain holds of an agreement, SHA-256 as 64 hex characters of the canonical JSON of
 * `{acceptance, terms}`. The hash of the `AgreementAccepted` event makes it another digest for each
 * acceptance, and one that cannot be guessed from a PoD's code and round shares.
 */
export function agreementDigest(
  sha256: Sha256,
  { podId, aggregatorId, aggregatorWallet, ...shares }: AgreementTerms,
  acceptedHash: string,
): string {
  const { customerSharePerMille, customerPenaltySharePerMille } = shares;
  const terms = {
    podId,
    aggregatorId,
    aggregatorWallet,
    customerSharePerMille,
    customerPenaltySharePerMille,
  };
  return documentDigest(sha256, { acceptance: acceptedHash, terms });
}
