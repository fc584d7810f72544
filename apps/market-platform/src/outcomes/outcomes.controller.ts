import type { Principal } from '@flexledger/identity';
import { findOutcomes, requiredSession } from '@flexledger/projections';
import { HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import {
  All,
  Controller,
  Get,
  Header,
  Inject,
  MethodNotAllowedException,
  Param,
  Query,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
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

  /** Whatever else is asked of an outcome, whoever asks (D3.3 2.6). */
  @All()
  @Scopes('results:read')
  @ApiExcludeEndpoint()
  @Header('Allow', 'GET')
  change(@Param('sessionId') sessionId: string): never {
    throw new MethodNotAllowedException(
      `The outcome of session ${sessionId} is what the clearing found and the DSO permitted; nobody ` +
        'changes it. Who is settled wrongly disputes the settlement (POST .../settlement/disputes).',
    );
  }
}
