import type { Principal } from '@flexledger/identity';
import { HttpCommand, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { DisputeDto } from './dispute.dto';

/** Aggregators that come to another settlement (FR_AP_SR_2). */
@ApiTags('market: settlement')
@Controller('api/v1/sessions/:sessionId/settlement/disputes')
export class DisputesController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
  ) {}

  @Post()
  @HttpCode(200)
  @Scopes('settlements:dispute')
  @ApiOperation({
    summary: 'Say that you come to another settlement, once for each',
    description: 'It stays on record; another one of yours to the same settlement changes nothing.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  dispute(
    @Param('sessionId') sessionId: string,
    @Body() disputed: DisputeDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    const { correction, settledMicroEur, expectedMicroEur, disputedRows, rows } = disputed;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'settlements:dispute',
        owner: { aggregatorId },
        about: sessionId,
        key,
        asked: { disputed },
        run: async (context) => {
          const dispute = {
            sessionId,
            correction,
            aggregatorId,
            settledMicroEur,
            expectedMicroEur,
            disputedRows,
            rows,
          };
          await this.market.results.dispute(dispute, context);
          return { sessionId, correction, aggregatorId };
        },
      }),
    );
  }
}
