import type { Principal } from '@flexledger/identity';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';
import { publishedSales } from '../ports/results';
import { ResultDayDto } from './result.dto';

/** What a delivery day's sessions have sold, each party its own rows (flow 5). */
@ApiTags('market: outcomes')
@Controller('api/v1/results')
export class ResultsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('results:read')
  @ApiOperation({
    summary: 'Published sessions of a delivery day, each with your rows of its result',
    description:
      'Sessions stand in the order in which they sell, also those in which you sold nothing.',
  })
  ofDay(@Query() { deliveryDay }: ResultDayDto, @Speaker() speaker: Principal) {
    const own = ownRows(speaker, 'results:read', ['aggregatorId', 'requester', 'podId']);
    const run = async () => ({
      items: await publishedSales(this.market.sessions, deliveryDay, own),
    });
    return this.queries.execute(new HttpQuery({ run }));
  }
}
