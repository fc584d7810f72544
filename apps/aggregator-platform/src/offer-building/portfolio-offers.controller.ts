import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker, commandContext } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../edge/aggregator-services';
import { requiredSession } from '../edge/delivery-period';
import { ownDesk } from '../edge/own-desk';
import { OfferWishesDto, SendOffersDto, WithdrawPodsDto } from './offer-wishes.dto';

/** Offers built from the portfolio, sent and taken back by an operator's hand (FR_AP_MI&O_2). */
@ApiTags('aggregator: offers')
@Controller('api/v1/portfolio/sessions/:sessionId')
export class PortfolioOffersController {
  constructor(@Inject(AGGREGATORS) private readonly aggregators: AggregatorServices) {}

  @Post('preview')
  @HttpCode(200)
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'Offers as they would be built now, and why PoDs are left out; sends nothing',
  })
  async preview(
    @Param('sessionId') sessionId: string,
    @Body() wishes: OfferWishesDto,
    @Speaker() speaker: Principal,
  ) {
    const { offers } = ownDesk(this.aggregators, speaker, 'orders:read');
    const session = await requiredSession(this.aggregators.documents, sessionId);
    return { sessionId, ...(await offers.preview(session, wishes)) };
  }

  @Post('offers')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Build offers and send them; one for the same PoD and direction is replaced',
    description: 'The automatic bid leaves out the PoDs that were offered by hand before it.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async send(
    @Param('sessionId') sessionId: string,
    @Body() { bidId, ...wishes }: SendOffersDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const desk = ownDesk(this.aggregators, speaker, 'offers:write').offers;
    const session = await requiredSession(this.aggregators.documents, sessionId);
    const { offers, leftOut } = await desk.preview(session, wishes);
    if (offers.length === 0) {
      const [first] = leftOut;
      const why = first ? `; PoD ${first.podId}: ${first.reason}` : '';
      throw new DomainError('nothing-to-offer', `No PoD can be offered in ${sessionId}${why}.`);
    }
    const before = new Set((await desk.standing(sessionId)).map(({ offerId }) => offerId));
    const context = commandContext(speaker, sessionId, key, { bidId, offers }, pathOf(sessionId));
    const refused = await desk.send(sessionId, bidId, offers, context);
    const isRefused = new Set(refused.map(({ offerId }) => offerId));
    const sent = offers.filter(({ offerId }) => !isRefused.has(offerId));
    const replaced = sent.map(({ offerId }) => offerId).filter((offerId) => before.has(offerId));
    return { sessionId, bidId, offers: sent, replaced, refused, leftOut };
  }

  @Post('withdrawals')
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Take back the offers of some PoDs, or all of yours' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async withdraw(
    @Param('sessionId') sessionId: string,
    @Body() { podIds }: WithdrawPodsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const desk = ownDesk(this.aggregators, speaker, 'offers:write').offers;
    const wanted = podIds && new Set(podIds);
    const standing = await desk.standing(sessionId);
    const withdrawn = standing
      .filter(({ podId }) => !wanted || wanted.has(podId))
      .map(({ offerId }) => offerId);
    if (withdrawn.length > 0) {
      const context = commandContext(speaker, sessionId, key, { withdrawn }, pathOf(sessionId));
      await desk.withdraw(sessionId, withdrawn, context);
    }
    return { sessionId, withdrawn };
  }
}

/** Keys of requests here are apart from those of offers that a client sends one by one. */
const pathOf = (sessionId: string): string => `portfolio/${sessionId}`;
