import { DomainError, standingOffers } from '@flexledger/domain';
import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';
import { type OfferWhy, whyOffer } from './explain-offer';

/**
 * Why an offer of a session won or lost.
 *
 * @param offer without `aggregatorId` its id must be one aggregator's only
 * @throws DomainError `session-unknown`, `offer-unknown`, `not-cleared`, `query-malformed`
 */
export async function findOfferWhy(
  sessions: MarketSessions,
  sessionId: string,
  offer: { readonly offerId: string; readonly aggregatorId: string | undefined },
): Promise<OfferWhy> {
  const { offerId, aggregatorId } = offer;
  const session = await scheduledSession(sessions, sessionId);
  const bidders = standingOffers(session)
    .filter((standing) => standing.offerId === offerId)
    .map((standing) => standing.aggregatorId);
  const bidder = aggregatorId ?? bidders[0];
  if (bidder === undefined) {
    throw new DomainError('offer-unknown', `No offer ${offerId} stands in ${sessionId}.`);
  }
  if (aggregatorId === undefined && bidders.length > 1) {
    const reason = `must say whose ${offerId}: ${bidders.join(', ')} each have one`;
    throw new DomainError('query-malformed', `aggregatorId ${reason}.`, [
      { field: 'aggregatorId', reason },
    ]);
  }
  const dayAhead = await sessions.dayAheadOf(session.schedule);
  return whyOffer(session, dayAhead, { aggregatorId: bidder, offerId });
}
