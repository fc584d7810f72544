import type { Principal } from '@flexledger/identity';
import { findOffers, requiredSession } from '@flexledger/projections';
import { HttpCommand, HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';
import { findOfferWhy } from './find-offer-why';
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
  list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['aggregatorId']);
    const { documents } = this.market;
    const run = async () => {
      await requiredSession(documents, sessionId);
      return findOffers(documents, { sessionId, ...own }, page);
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Bid before the gate closes',
    description:
      'Bad rows are refused by name, the others stand; a bid of bad rows only is refused.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  bid(
    @Param('sessionId') sessionId: string,
    @Body() { bidId, offers }: BidDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: sessionId,
        key,
        asked: { bidId, offers },
        run: async (context) => {
          const bid = { bidId, aggregatorId, offers };
          const refused = await this.market.orders.offerFlexibility(sessionId, bid, context);
          const accepted = offers.length - refused.length;
          return { sessionId, bidId, aggregatorId, accepted, refused };
        },
      }),
    );
  }

  @Get(':offerId/why')
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Why an offer won or lost, by clearing round and MTU' })
  @ApiQuery({ name: 'aggregatorId', required: false, description: 'For those who see all offers' })
  @ApiResponse({ status: 409, description: 'Its session has not been cleared' })
  why(
    @Param('sessionId') sessionId: string,
    @Param('offerId') offerId: string,
    @Query('aggregatorId') asked: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId = asked } = ownRows(speaker, 'orders:read', ['aggregatorId']);
    const offer = { offerId, aggregatorId };
    const run = () => findOfferWhy(this.market.sessions, sessionId, offer);
    return this.queries.execute(new HttpQuery({ run }));
  }
}
