import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type SettlementDocument,
  findSettlementRows,
  getSettlement,
} from '@flexledger/projections';
import { PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { ownRows } from '../edge/own-rows';
import { requiredSession } from '../sessions/sessions.controller';

/** Settlements: totals and awards for all who may read any, rows for those whose they are. */
@ApiTags('market: settlement')
@Controller('api/v1/sessions/:sessionId/settlement')
export class SettlementsController {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  @Get()
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'Totals of the settlement that counts, and its token awards' })
  async totals(@Param('sessionId') sessionId: string): Promise<SettlementDocument> {
    await requiredSession(this.market.documents, sessionId);
    const settlement = await getSettlement(this.market.documents, sessionId);
    if (settlement) return settlement;
    throw new DomainError(
      'settlement-unknown',
      `Session ${sessionId} is not settled yet; that happens after its delivery.`,
    );
  }

  @Get('rows')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'Settled rows by MTU: accepted, baseline, measured, delivered, paid' })
  async rows(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'settlements:read', ['aggregatorId', 'requester', 'podId']);
    await requiredSession(this.market.documents, sessionId);
    return findSettlementRows(this.market.documents, { sessionId, ...own }, page);
  }
}
