import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { scheduledSession } from '../sessions/market-sessions';
import { ValidationDto } from './validation.dto';

/** Technical validation of outcomes by the DSO (flows 3 and 4). */
@ApiTags('market: validation')
@Controller('api/v1/sessions/:sessionId/validation')
export class ValidationController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('outcomes:read')
  @ApiOperation({
    summary: 'The outcome sent for validation last, with the answer once it is there',
  })
  outcome(@Param('sessionId') sessionId: string) {
    const run = async () => {
      const { rounds, status } = await scheduledSession(this.market.sessions, sessionId);
      const last = rounds.findLast((round) => round.outcomeId !== undefined);
      if (!last) {
        throw new DomainError('outcome-unknown', `Session ${sessionId} has sent no outcome yet.`);
      }
      const { outcomeId, round, rows, validated, exceptions } = last;
      return { sessionId, status, outcomeId, round, rows, validated, exceptions };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @HttpCode(200)
  @Scopes('outcomes:validate')
  @ApiOperation({
    summary: 'Answer an outcome',
    description: 'The same answer again changes nothing; another one to a decided outcome is late.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  answer(
    @Param('sessionId') sessionId: string,
    @Body() { outcomeId, exceptions }: ValidationDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const answer = { outcomeId, exceptions };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'outcomes:validate',
        owner: {},
        about: sessionId,
        key,
        asked: answer,
        run: async (context) => {
          await this.market.outcomes.answer(sessionId, answer, context);
          return { sessionId, outcomeId, exceptions: exceptions.length };
        },
      }),
    );
  }
}
