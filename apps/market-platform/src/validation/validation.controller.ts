import { createHash } from 'node:crypto';
import { type RowValidation, DomainError } from '@flexledger/domain';
import { type Principal, canonicalJson } from '@flexledger/identity';
import {
  type HttpCommandOptions,
  HttpCommand,
  HttpQuery,
  JsonLines,
  Scopes,
  Speaker,
  linesOf,
} from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ValidationAnswer } from '@flexledger/ports';
import { MARKET, type MarketServices } from '../http/market-services';
import { scheduledSession } from '../sessions/market-sessions';
import type { Request } from 'express';
import { ValidatedOutcomeDto, ValidationDto } from './validation.dto';

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
    return this.execute(sessionId, answer, { speaker, key, asked: answer });
  }

  @Post('rows')
  @HttpCode(200)
  @JsonLines()
  @Scopes('outcomes:validate')
  @ApiOperation({
    summary: 'Answer an outcome of a city, a row a line',
    description:
      'As `POST .../validation`, for more rows than one JSON text may have: each line is one that is not ' +
      'permitted whole. The body is read as it comes; it is taken whole or not at all.',
  })
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async answerByLines(
    @Param('sessionId') sessionId: string,
    @Query() { outcomeId }: ValidatedOutcomeDto,
    @Req() request: Request,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { rounds } = await scheduledSession(this.market.sessions, sessionId);
    const round = rounds.find((one) => one.outcomeId === outcomeId);
    if (!round) {
      throw new DomainError('outcome-unknown', `No outcome ${outcomeId} was sent for validation.`);
    }
    const exceptions: RowValidation[] = [];
    const hash = createHash('sha256');
    for await (const row of linesOf(request, round.rows.length)) {
      hash.update(canonicalJson(row)).update('\n');
      exceptions.push(row as RowValidation);
    }
    const asked = { outcomeId, rows: hash.digest('hex') };
    return this.execute(sessionId, { outcomeId, exceptions }, { speaker, key, asked });
  }

  private execute(
    sessionId: string,
    answer: ValidationAnswer,
    by: Pick<HttpCommandOptions<object>, 'speaker' | 'key' | 'asked'>,
  ) {
    const { outcomeId, exceptions } = answer;
    return this.commands.execute(
      new HttpCommand({
        ...by,
        action: 'outcomes:validate',
        owner: {},
        about: sessionId,
        run: async (context) => {
          await this.market.outcomes.answer(sessionId, answer, context);
          return { sessionId, outcomeId, exceptions: exceptions.length };
        },
      }),
    );
  }
}
