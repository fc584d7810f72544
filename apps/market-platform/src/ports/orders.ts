import { standingOffers } from '@flexledger/domain';
import { type OrdersPort, mainReason } from '@flexledger/ports';
import { findOfferWhy } from '../offers/find-offer-why';
import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';

/** Flows 2a, 2b and 2c within one process. */
export function ordersPort(sessions: MarketSessions): OrdersPort {
  return {
    async requestFlexibility(sessionId, request, context) {
      await sessions.requestFlexibility(sessionId, request, context);
    },
    async withdrawRequest(sessionId, requestId, context) {
      const { requests } = await scheduledSession(sessions, sessionId);
      if (!requests.some((request) => request.requestId === requestId)) return;
      await sessions.withdrawRequest(sessionId, requestId, context);
    },
    async offerFlexibility(sessionId, bid, context) {
      await sessions.offerFlexibility(sessionId, bid, context);
      const { bids } = await scheduledSession(sessions, sessionId);
      const sent = bids.find(({ bidId }) => bidId === bid.bidId);
      return sent?.refusedParts.flat() ?? [];
    },
    async withdrawOffers(sessionId, aggregatorId, offerIds, context) {
      await sessions.withdrawOffers(sessionId, aggregatorId, offerIds, context);
    },
    async standingOffers(sessionId, aggregatorId) {
      const session = await scheduledSession(sessions, sessionId);
      return standingOffers(session)
        .filter((offer) => offer.aggregatorId === aggregatorId)
        .map(({ offerId, podId }) => ({ offerId, podId }));
    },
    async whyLost(sessionId, aggregatorId, offerId) {
      const { rounds } = await findOfferWhy(sessions, sessionId, { aggregatorId, offerId });
      return mainReason(rounds);
    },
  };
}
