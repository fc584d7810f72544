import { DomainError, sessionsDelivering, standingOffers } from '@flexledger/domain';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { MARKET, type MarketServices } from '../edge/market-services';
import { scheduledSession } from '../sessions/market-sessions';
import { type OfferWhy, whyOffer } from './explain-offer';

/** Why an offer won or lost. Without `aggregatorId` the offer's id must be one aggregator's only. */
export class ExplainOffer extends Query<OfferWhy> {
  constructor(
    readonly sessionId: string,
    readonly offerId: string,
    readonly aggregatorId: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(ExplainOffer)
export class ExplainOfferHandler implements IQueryHandler<ExplainOffer> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  async execute({ sessionId, offerId, aggregatorId }: ExplainOffer): Promise<OfferWhy> {
    const { sessions, rules } = this.market;
    const session = await scheduledSession(sessions, sessionId);
    const bidders = standingOffers(session)
      .filter((offer) => offer.offerId === offerId)
      .map((offer) => offer.aggregatorId);
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
    const [dayAhead] = sessionsDelivering(session.schedule.deliveryDay, rules);
    const before = await sessions.stateOf(dayAhead!.sessionId);
    return whyOffer(session, before, { aggregatorId: bidder, offerId });
  }
}
