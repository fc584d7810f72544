import type { Principal } from '@flexledger/identity';
import { HttpCommand, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { WithdrawalDto } from './offer.dto';

/** Offers taken back before the gate closes. */
@ApiTags('market: offers')
@Controller('api/v1/sessions/:sessionId/withdrawals')
export class WithdrawalsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
  ) {}

  @Post()
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Withdraw offers of yours; those that do not stand are passed over' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  withdraw(
    @Param('sessionId') sessionId: string,
    @Body() { offerIds }: WithdrawalDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    const { sessions } = this.market;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: sessionId,
        key,
        asked: { withdrawn: offerIds },
        run: async (context) => {
          const { events } = await sessions.withdrawOffers(
            sessionId,
            aggregatorId,
            offerIds,
            context,
          );
          const withdrawn = events.flatMap((event) =>
            event.type === 'OfferWithdrawn' ? event.data.offerIds : [],
          );
          return { sessionId, aggregatorId, withdrawn };
        },
      }),
    );
  }
}
