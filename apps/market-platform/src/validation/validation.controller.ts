import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker, commandContext } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { scheduledSession } from '../sessions/market-sessions';
import { AnswerValidation } from './validation-commands';
import { ValidationDto } from './validation.dto';

/** Technical validation of outcomes by the DSO (flows 3 and 4). */
@ApiTags('market: validation')
@Controller('api/v1/sessions/:sessionId/validation')
export class ValidationController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
  ) {}

  @Get()
  @Scopes('outcomes:read')
  @ApiOperation({
    summary: 'The outcome sent for validation last, with the answer once it is there',
  })
  async outcome(@Param('sessionId') sessionId: string) {
    const { rounds, status } = await scheduledSession(this.market.sessions, sessionId);
    const last = rounds.findLast((round) => round.outcomeId !== undefined);
    if (!last) {
      throw new DomainError('outcome-unknown', `Session ${sessionId} has sent no outcome yet.`);
    }
    const { outcomeId, round, rows, validated, exceptions } = last;
    return { sessionId, status, outcomeId, round, rows, validated, exceptions };
  }

  @Post()
  @HttpCode(200)
  @Scopes('outcomes:validate')
  @ApiOperation({ summary: 'Answer an outcome' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async answer(
    @Param('sessionId') sessionId: string,
    @Body() { outcomeId, exceptions }: ValidationDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const context = commandContext(speaker, sessionId, key, { outcomeId, exceptions });
    const command = new AnswerValidation(sessionId, outcomeId, exceptions, context);
    await this.commands.execute(command);
    return { sessionId, outcomeId, exceptions: exceptions.length };
  }
}
