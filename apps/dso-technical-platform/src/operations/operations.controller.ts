import type { Principal } from '@flexledger/identity';
import { findAssetFlows } from '@flexledger/projections';
import { HttpQuery, Live, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from '../grids/grid-services';

/** Operational data of a grid, as its data server said it last. */
@ApiTags('grid: operational data')
@Controller('api/v1/grids/:gridId/operations')
export class OperationsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Live()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'What was measured of the grid last: voltages, currents, powers, meters',
    description:
      'As it comes in by the feed `operations` (`dso.feeds` of the configuration), over MQTT or TCP. The mean of a ' +
      'quarter-hour goes into the estimate of its state, and is recorded (`OperationsMeasured`); the values themselves are ' +
      'kept for a day.',
  })
  latest(@Param('gridId') gridId: string, @Speaker() speaker: Principal) {
    const needs = { speaker, action: 'grid:read', owner: {} } as const;
    return this.queries.execute(
      new HttpQuery({
        needs,
        run: async () => {
          requireOperated(this.grids, gridId);
          return { items: this.grids.operations?.latest() ?? [] };
        },
      }),
    );
  }

  @Get('flows/:sessionId')
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'Measured power flows of assets beside those forecast for a session, by quarter-hour',
    description:
      'What flows into a line or transformer at its side, or is injected at a bus, W; of assets whose active power the ' +
      'feed `operations` tells. KPI_IT_03 by category is computed from them.',
  })
  flows(
    @Param('gridId') gridId: string,
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(
      new HttpQuery({
        needs,
        run: () => {
          requireOperated(this.grids, gridId);
          return findAssetFlows(this.grids.documents, { gridId, sessionId }, page);
        },
      }),
    );
  }
}
