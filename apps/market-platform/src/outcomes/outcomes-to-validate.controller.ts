import { HttpQuery, Scopes } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, ParseIntPipe, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { OutcomeRowsDto } from './outcome-rows.dto';

/** What the DSO's platform takes its word on an outcome from (flow 3). */
@ApiTags('market: validation')
@Controller('api/v1/sessions/:sessionId')
export class OutcomesToValidateController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('outcomes-to-validate/:round')
  @Scopes('outcomes:read')
  @ApiOperation({
    summary: 'The outcome of a clearing round, and what was sold before for the same MTUs',
    description:
      'Rounds count from 0. Rows come in the order that an answer names them by, counted from 0; one of a ' +
      'city comes in several answers, each with the first row of the next, and what was sold with the first.',
  })
  outcome(
    @Param('sessionId') sessionId: string,
    @Param('round', ParseIntPipe) round: number,
    @Query() { from = 0, limit = Infinity }: OutcomeRowsDto,
  ) {
    const run = async () => {
      const { rows, sold } = await this.market.outcomes.outcome(sessionId, round);
      const end = from + limit;
      const next = end < rows.length ? end : null;
      return { rows: rows.slice(from, end), sold: from === 0 ? sold : [], next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('sold-before')
  @Scopes('outcomes:read')
  @ApiOperation({ summary: 'Rows of earlier sessions as they fall into the MTUs of this one' })
  soldBefore(@Param('sessionId') sessionId: string) {
    const run = async () => ({ items: await this.market.outcomes.soldBefore(sessionId) });
    return this.queries.execute(new HttpQuery({ run }));
  }
}
