import type { Principal } from '@flexledger/identity';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { SwitchedForecastPath, SwitchingDto, SwitchingVariantDto } from './switching.dto';
import type { Reconfiguration } from '../forecast/forecast-decider';
import type { SwitchingVariant } from './switching';

/** Ending violations by switches instead of flexibility. */
@ApiTags('grid')
@Controller('api/v1/grids/:gridId/forecasts/:sessionId/switching')
export class SwitchingController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('trials')
  @HttpCode(200)
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'Try switches on a session’s forecast: which violations end and which appear',
    description:
      'Solved by AC power flow on the forecast and what is sold for its quarter-hours, before and after; ' +
      'nothing is kept. Loops are told by number, buses that would lose supply by name, and those of them ' +
      'are not solved. `refusal` says why the variant could not be decided.',
  })
  tryOut(
    @Param() { gridId, sessionId }: SwitchedForecastPath,
    @Body() { positions }: SwitchingVariantDto,
    @Speaker() speaker: Principal,
  ): Promise<SwitchingVariant> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    const run = async (): Promise<SwitchingVariant> => {
      requireOperated(this.grids, gridId);
      return this.grids.switching.tried(sessionId, positions);
    };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post()
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Switch the grid: the alarms that end by it end with the reason',
    description:
      'While the gate is open. The model with these positions is published: the session’s outcome is ' +
      'validated on it, and later sessions are forecast with it until another is published. Requests that ' +
      'no violation needs any more are held back.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  decide(
    @Param() { gridId, sessionId }: SwitchedForecastPath,
    @Body() { positions, reason }: SwitchingDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<Reconfiguration> {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: sessionId,
        key,
        asked: { positions, reason },
        path: `${gridId}/${sessionId}/switching`,
        readsViews: true,
        run: async (context) => {
          requireOperated(this.grids, gridId);
          const plain = positions.map((one) => ({ ...one }));
          return this.grids.switching.decide(sessionId, { positions: plain, reason }, context);
        },
      }),
    );
  }
}
