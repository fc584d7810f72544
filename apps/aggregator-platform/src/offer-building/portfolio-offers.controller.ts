import { DomainError } from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { requiredSession } from '@flexledger/projections';
import { HttpCommand, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownQuery, speakingAggregator } from '../http/speaking-aggregator';
import { OfferWishesDto, SendOffersDto, WithdrawPodsDto } from './offer-wishes.dto';
import type { OfferWishes } from './portfolio-offers';

/** Offers built from the portfolio, sent and taken back by an operator's hand (FR_AP_MI&O_2). */
@ApiTags('aggregator: offers')
@Controller('api/v1/portfolio/sessions/:sessionId')
export class PortfolioOffersController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('preview')
  @HttpCode(200)
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'Offers as they would be built now, and why PoDs are left out; sends nothing',
  })
  preview(
    @Param('sessionId') sessionId: string,
    @Body() wishes: OfferWishesDto,
    @Speaker() speaker: Principal,
  ) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'orders:read', async ({ offers }) => {
        const session = await requiredSession(this.aggregators.documents, sessionId);
        return { sessionId, ...(await offers.preview(session, wishes)) };
      }),
    );
  }

  @Post('offers')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Build offers and send them; one for the same PoD and direction is replaced',
    description: 'The automatic bid leaves out the PoDs that were offered by hand before it.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  send(
    @Param('sessionId') sessionId: string,
    @Body() { bidId, ...wishes }: SendOffersDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const own = speakingAggregator(this.aggregators, speaker);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId: own.aggregatorId },
        about: sessionId,
        key,
        asked: { bidId, ...wishes },
        path: pathOf(sessionId),
        readsViews: true,
        run: (context) => this.sent(own, { sessionId, bidId, wishes }, context),
      }),
    );
  }

  @Post('withdrawals')
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Take back the offers of some PoDs, or all of yours' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  withdraw(
    @Param('sessionId') sessionId: string,
    @Body() { podIds }: WithdrawPodsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId, offers } = speakingAggregator(this.aggregators, speaker);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: sessionId,
        key,
        asked: { withdrawn: podIds ?? null },
        path: pathOf(sessionId),
        run: async (context) => {
          const wanted = podIds && new Set(podIds);
          const standing = await offers.standing(sessionId);
          const withdrawn = standing
            .filter(({ podId }) => !wanted || wanted.has(podId))
            .map(({ offerId }) => offerId);
          if (withdrawn.length > 0) await offers.withdraw(sessionId, withdrawn, context);
          return { sessionId, withdrawn };
        },
      }),
    );
  }

  private async sent(
    { offers: own }: Aggregator,
    { sessionId, bidId, wishes }: AskedOffers,
    context: CommandContext,
  ) {
    const session = await requiredSession(this.aggregators.documents, sessionId);
    const { offers, leftOut } = await own.preview(session, wishes);
    if (offers.length === 0) {
      const [first] = leftOut;
      const why = first ? `; PoD ${first.podId}: ${first.reason}` : '';
      throw new DomainError('nothing-to-offer', `No PoD can be offered in ${sessionId}${why}.`);
    }
    const before = new Set((await own.standing(sessionId)).map(({ offerId }) => offerId));
    const refused = await own.send(sessionId, bidId, offers, context);
    const isRefused = new Set(refused.map(({ offerId }) => offerId));
    const sent = offers.filter(({ offerId }) => !isRefused.has(offerId));
    const replaced = sent.map(({ offerId }) => offerId).filter((offerId) => before.has(offerId));
    return { sessionId, bidId, offers: sent, replaced, refused, leftOut };
  }
}

interface AskedOffers {
  readonly sessionId: string;
  readonly bidId: string;
  readonly wishes: OfferWishes;
}

/** Keys of requests here are apart from those of offers that a client sends one by one. */
const pathOf = (sessionId: string): string => `portfolio/${sessionId}`;
