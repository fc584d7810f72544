/** Why a session sold nothing, or was paid nothing for: what an operator looks for first. */
import type { SettlementDocument } from '../settlements/settlements-view';
import type { SessionDocument } from './sessions-view';

/** Each reason, in words that follow "nothing was sold: ". */
export const SOLD_NOTHING_BECAUSE = {
  noRequests: 'nobody asked for flexibility',
  noOffers: 'nobody offered any',
  nothingMatched: 'no offer served a request at its terms',
  notValidated: 'the DSO did not validate the outcome',
  nothingPermitted: 'the DSO permitted none of it',
  nodesSilent: 'it was sold, but the Light Nodes of its PoDs measured nothing',
} as const;

export type SoldNothingReason = keyof typeof SOLD_NOTHING_BECAUSE;

/**
 * The reason, the first that applies; null where something was sold, where it is too early to say (the
 * gate is open, or the outcome is under way), and where the session was cancelled, which says why itself.
 *
 * @param settlement of the session; absent before there is one
 */
export function soldNothingBecause(
  session: SessionDocument,
  settlement?: SettlementDocument,
): SoldNothingReason | null {
  const { status, requests, offers, validation, result } = session;
  if (status === 'scheduled' || status === 'open' || status === 'cancelled') return null;
  if (requests.length === 0) return 'noRequests';
  if (offers === 0) return 'noOffers';
  if (status !== 'published') return null;
  if (result.acceptedWMtu + result.acceptedVarMtu > 0) return isSilent(settlement);
  if (validation?.validatedBy === 'no-answer') return 'notValidated';
  return validation && validation.exceptions > 0 ? 'nothingPermitted' : 'nothingMatched';
}

function isSilent(settlement: SettlementDocument | undefined): 'nodesSilent' | null {
  const published = settlement?.published;
  const delivered = published ? published.deliveredWMtu + published.deliveredVarMtu : 0;
  const isMeasured = !published || delivered > 0 || published.unmeasuredMtus === 0;
  return isMeasured ? null : 'nodesSilent';
}
