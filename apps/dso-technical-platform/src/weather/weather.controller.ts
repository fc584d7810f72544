import { DomainError } from '@flexledger/domain';
import { parseWeatherJson } from '@flexledger/grid';
import type { Principal } from '@flexledger/identity';
import { weatherBetween } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { asked } from '../grids/asked';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { WeatherDto, WeatherQueryDto } from './weather.dto';
import { reportWeather } from './weather-reports';

const LONGEST_MS = 92 * 86_400_000;

/** The weather that drives PV and wind in the forecast. */
@ApiTags('grid: weather')
@Controller('api/v1/grids/:gridId/weather')
export class WeatherController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiOperation({ summary: 'Report weather, forecast or measured; forecasts made later follow it' })
  report(
    @Param('gridId') gridId: string,
    @Body() { source = 'rest', hours }: WeatherDto,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key: undefined,
        asked: { source, hours },
        path: `${gridId}/weather`,
        run: async (context) => {
          requireOperated(this.grids, gridId);
          const weather = asked('weather-malformed', () =>
            parseWeatherJson({ schema: 'flexledger-weather/1', hours }),
          );
          await reportWeather(this.grids, { gridId, source, weather }, context);
          return { gridId, source, hours: weather.size };
        },
      }),
    );
  }

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'Weather as it was reported last, hour by hour' })
  hours(
    @Param('gridId') gridId: string,
    @Query() query: WeatherQueryDto,
    @Speaker() speaker: Principal,
  ) {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(new HttpQuery({ needs, run: () => this.hoursOf(gridId, query) }));
  }

  /** @throws DomainError `query-malformed` */
  private async hoursOf(gridId: string, { from, to }: WeatherQueryDto) {
    const [fromMs, toMs] = [msFromIso(from), msFromIso(to)];
    if (toMs <= fromMs || toMs - fromMs > LONGEST_MS) {
      const reason = 'must lie after "from", at most 92 days';
      throw new DomainError('query-malformed', `to ${reason}.`, [{ field: 'to', reason }]);
    }
    const hours = await weatherBetween(this.grids.documents, gridId, fromMs, toMs);
    return {
      items: hours.map(({ startMs, irradianceDeciWPerM2, temperatureDeciC, windCmPerS }) => ({
        time: isoFromMs(startMs),
        globalIrradianceWPerM2: irradianceDeciWPerM2 / 10,
        temperatureC: temperatureDeciC / 10,
        windSpeedMPerS: windCmPerS / 100,
      })),
    };
  }
}
