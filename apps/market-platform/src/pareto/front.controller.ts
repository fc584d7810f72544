import type { ObjectiveFunction } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { FrontQueryDto } from './front.dto';

const DEFAULT_SEED = 1;

/** What else a cleared session could have chosen (D3.3, FR_MP_FS_3). */
@ApiTags('market: sessions')
@Controller('api/v1/sessions')
export class FrontController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get(':sessionId/front')
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'The Pareto front of a cleared session by NSGA-II, with every offer that it allocates',
    description:
      'Allocations that serve as much as the exact optimum, of which none is better in every objective ' +
      'at once; the cheapest is the optimum itself. For those who may see every order.',
  })
  @ApiResponse({ status: 409, description: 'Its session has not been cleared, or is too large' })
  front(
    @Param('sessionId') sessionId: string,
    @Query() { seed = DEFAULT_SEED, objectives }: FrontQueryDto,
    @Speaker() speaker: Principal,
  ) {
    const { frontOf, objectives: configured } = this.market;
    const asked = new Set(objectives?.split(',') as ObjectiveFunction[] | undefined);
    const chosen = asked.size > 0 ? [...asked] : configured;
    const run = () => frontOf(sessionId, { seed, objectives: chosen });
    const needs = { speaker, action: 'orders:read' as const, owner: {} };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
