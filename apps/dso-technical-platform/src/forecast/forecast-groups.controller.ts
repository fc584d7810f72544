import {
  type GridForecastEvent,
  DomainError,
  gridForecastStream,
  instantInName,
} from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { getSession } from '@flexledger/projections';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import {
  FORECAST_GROUPINGS,
  type ForecastGroup,
  type ForecastGrouping,
  forecastGroups,
} from './forecast-groups';

/** By what customers are told apart. */
export class ForecastGroupsQueryDto {
  @ApiProperty({ enum: FORECAST_GROUPINGS, example: 'customerKind' })
  @IsIn(FORECAST_GROUPINGS)
  readonly by!: ForecastGrouping;
}

/** A session's forecast of customers by what they are. */
export interface GroupedForecast {
  readonly gridId: string;
  readonly sessionId: string;
  readonly by: ForecastGrouping;
  readonly groups: readonly ForecastGroup[];
}

/** What is forecast of customers of a kind together. */
@ApiTags('grid')
@Controller('api/v1/grids/:gridId/forecasts/:sessionId/groups')
export class ForecastGroupsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({
    summary: "A session's forecast of the market's customers by user type, voltage level or plant",
    description:
      'W by MTU, withdrawal positive, as the register describes them now. By plant a customer with several is in several ' +
      'groups. What the grid supplies beside them is in no group.',
  })
  groups(
    @Param('gridId') gridId: string,
    @Param('sessionId') sessionId: string,
    @Query() { by }: ForecastGroupsQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<GroupedForecast> {
    // A group may be one customer: none of it is granted to others.
    const needs = { speaker, action: 'grid:read', owner: {} } as const;
    const run = () => this.grouped(gridId, sessionId, by);
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  /** @throws DomainError `grid-unknown`, `forecast-unknown` */
  private async grouped(
    gridId: string,
    sessionId: string,
    by: ForecastGrouping,
  ): Promise<GroupedForecast> {
    const { store, documents, register, forecasts } = this.grids;
    requireOperated(this.grids, gridId);
    const session = await getSession(documents, sessionId);
    const forecast = session && (await forecasts.recorded(gridId, session))?.forecast;
    if (forecast?.missing !== 0) {
      throw new DomainError(
        'forecast-unknown',
        `Grid ${gridId} has no forecast for ${sessionId}; it is made some minutes after the session's gate opens.`,
      );
    }
    const rows = new Map<string, readonly number[]>();
    const start = instantInName(Date.parse(session!.deliveryStart));
    for await (const event of store.readStream(gridForecastStream(gridId, start))) {
      const { type, data } = event as unknown as GridForecastEvent;
      if (type !== 'CustomersForecast' || data.forecastId !== forecast.forecastId) continue;
      data.podIds.forEach((podId, index) => rows.set(podId, data.forecastW[index]!));
    }
    const pods = new Map((await register.podsOf({ gridId })).map((pod) => [pod.podId, pod]));
    const customers = [...rows].map(([podId, forecastW]) => ({
      forecastW,
      details: pods.get(podId)?.details,
    }));
    return { gridId, sessionId, by, groups: forecastGroups(by, forecast.mtuCount, customers) };
  }
}
