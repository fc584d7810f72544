import type { Principal } from '@flexledger/identity';
import { findOffers } from '@flexledger/projections';
import { PageDto, Scopes, Speaker, commandContext, requireAccess } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { ownRows } from '../edge/own-rows';
import { scheduledSession } from '../sessions/market-sessions';
import { requiredSession } from '../sessions/sessions.controller';
import { SendBid } from './offer-commands';
import { ExplainOffer } from './offer-queries';
import { BidDto } from './offer.dto';

/** What aggregators offer, each its own. */
@ApiTags('market: offers')
@Controller('api/v1/sessions/:sessionId/offers')
export class OffersController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Offers that count' })
  async list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['aggregatorId']);
    await requiredSession(this.market.documents, sessionId);
    return findOffers(this.market.documents, { sessionId, ...own }, page);
  }

  @Post()
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Bid before the gate closes',
    description:
      'Bad rows are refused by name, the others stand; a bid of bad rows only is refused.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async bid(
    @Param('sessionId') sessionId: string,
    @Body() { bidId, offers }: BidDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    requireAccess(speaker, 'offers:write', { aggregatorId });
    const context = commandContext(speaker, sessionId, key, { bidId, offers });
    const bid = { bidId, aggregatorId, offers };
    await this.commands.execute(new SendBid(sessionId, bid, context));
    const { bids } = await scheduledSession(this.market.sessions, sessionId);
    const standing = bids.find((other) => other.bidId === bidId);
    const refused = standing?.refusedParts.flat() ?? [];
    const accepted = standing?.offerParts.flat().length ?? 0;
    return { sessionId, bidId, aggregatorId, accepted, refused };
  }

  @Get(':offerId/why')
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Why an offer won or lost, by clearing round and MTU' })
  @ApiQuery({ name: 'aggregatorId', required: false, description: 'For those who see all offers' })
  why(
    @Param('sessionId') sessionId: string,
    @Param('offerId') offerId: string,
    @Query('aggregatorId') asked: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId = asked } = ownRows(speaker, 'orders:read', ['aggregatorId']);
    return this.queries.execute(new ExplainOffer(sessionId, offerId, aggregatorId));
  }
}
