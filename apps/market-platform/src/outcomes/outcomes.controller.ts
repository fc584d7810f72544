import type { Principal } from '@flexledger/identity';
import { findOutcomes, requiredSession } from '@flexledger/projections';
import { HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';

/** Published results, each party its own rows (flow 5). */
@ApiTags('market: outcomes')
@Controller('api/v1/sessions/:sessionId/outcomes')
export class OutcomesController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('results:read')
  @ApiOperation({ summary: 'Final rows of the published result' })
  list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'results:read', ['aggregatorId', 'requester', 'podId']);
    const { documents } = this.market;
    const run = async () => {
      await requiredSession(documents, sessionId);
      return findOutcomes(documents, { sessionId, ...own }, page);
    };
    return this.queries.execute(new HttpQuery({ run }));
  }
}
