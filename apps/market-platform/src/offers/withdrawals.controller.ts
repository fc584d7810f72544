import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker, commandContext, requireAccess } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { WithdrawOffers } from './offer-commands';
import { WithdrawalDto } from './offer.dto';

/** Offers taken back before the gate closes. */
@ApiTags('market: offers')
@Controller('api/v1/sessions/:sessionId/withdrawals')
export class WithdrawalsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Withdraw offers of yours; those that do not stand are passed over' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async withdraw(
    @Param('sessionId') sessionId: string,
    @Body() { offerIds }: WithdrawalDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    requireAccess(speaker, 'offers:write', { aggregatorId });
    const context = commandContext(speaker, sessionId, key, { withdrawn: offerIds });
    const command = new WithdrawOffers(sessionId, aggregatorId, offerIds, context);
    const { events } = await this.commands.execute(command);
    const withdrawn = events.flatMap((event) =>
      event.type === 'OfferWithdrawn' ? event.data.offerIds : [],
    );
    return { sessionId, aggregatorId, withdrawn };
  }
}
