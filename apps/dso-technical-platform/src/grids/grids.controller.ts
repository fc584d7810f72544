import {
  type GridForecastEvent,
  type GridModelPublished,
  type RecordedForecast,
  DomainError,
  forecastBegun,
  forecastContinued,
  gridForecastStream,
  gridModelStream,
  instantInName,
} from '@flexledger/domain';
import { findGridStates, getGridState, getSession } from '@flexledger/projections';
import { Scopes } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRIDS, type GridServices } from './grid-services';
import { ViolationQueryDto } from './grid.dto';

/** Network models, forecasts and what they violate. */
@ApiTags('grid')
@Controller('api/v1/grids')
export class GridsController {
  constructor(@Inject(GRIDS) private readonly grids: GridServices) {}

  @Get(':gridId')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The network model published last, with its operating limits' })
  async model(@Param('gridId') gridId: string): Promise<GridModelPublished['data']> {
    let last: GridModelPublished['data'] | undefined;
    for await (const event of this.grids.store.readStream(gridModelStream(gridId))) {
      last = event.data as GridModelPublished['data'];
    }
    if (last) return last;
    throw new DomainError('grid-unknown', `No model of grid ${gridId} is published.`);
  }

  @Get(':gridId/forecasts/:sessionId')
  @Scopes('grid:read')
  @ApiOperation({ summary: "A session's forecast: power at each bus by MTU, and its violations" })
  async forecast(@Param('gridId') gridId: string, @Param('sessionId') sessionId: string) {
    const { documents, store } = this.grids;
    const state = await getGridState(documents, gridId, sessionId);
    const session = await getSession(documents, sessionId);
    if (!state || !session) {
      throw new DomainError('forecast-unknown', `Grid ${gridId} has no forecast for ${sessionId}.`);
    }
    const start = instantInName(Date.parse(session.deliveryStart));
    let forecast: RecordedForecast | undefined;
    for await (const event of store.readStream(gridForecastStream(gridId, start))) {
      const { type, data } = event as unknown as GridForecastEvent;
      if (data.sessionId !== sessionId) continue;
      if (type === 'ForecastComputed') forecast = forecastBegun(data);
      else if (type === 'ForecastContinued') forecast &&= forecastContinued(forecast, data);
    }
    return { ...state, busW: forecast?.busW, busVar: forecast?.busVar };
  }

  @Get(':gridId/violations')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'Violations by forecast, the latest forecast first' })
  async violations(@Param('gridId') gridId: string, @Query() query: ViolationQueryDto) {
    const { open, sessionId, ...page } = query;
    const where = {
      gridId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(open === undefined ? {} : { openViolations: { from: 1 } }),
    };
    const { items, next } = await findGridStates(this.grids.documents, where, page);
    return {
      items: items.map(({ violations, ...forecast }) => ({
        ...forecast,
        violations: violations.filter(({ resolvedAt }) => !open || resolvedAt === null),
      })),
      next,
    };
  }
}
