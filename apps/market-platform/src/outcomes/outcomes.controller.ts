import type { Principal } from '@flexledger/identity';
import { findOutcomes } from '@flexledger/projections';
import { PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { ownRows } from '../edge/own-rows';
import { requiredSession } from '../sessions/sessions.controller';

/** Published results, each party its own rows (flow 5). */
@ApiTags('market: outcomes')
@Controller('api/v1/sessions/:sessionId/outcomes')
export class OutcomesController {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  @Get()
  @Scopes('results:read')
  @ApiOperation({ summary: 'Final rows of the published result' })
  async list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'results:read', ['aggregatorId', 'requester', 'podId']);
    await requiredSession(this.market.documents, sessionId);
    return findOutcomes(this.market.documents, { sessionId, ...own }, page);
  }
}
