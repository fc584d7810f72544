import type { ComputationParameters } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { parametersAt, setParameters } from './computation-parameters';
import { ComputationParametersDto } from './parameters.dto';

/** How this platform computes for its grid; its administrator sets it. */
@ApiTags('grid: parameters')
@Controller('api/v1/grids/:gridId/parameters')
export class ParametersController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The computation parameters that the next session goes by' })
  read(
    @Param('gridId') gridId: string,
    @Speaker() speaker: Principal,
  ): Promise<ComputationParameters> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(new HttpQuery({ needs, run: () => this.standing(gridId) }));
  }

  @Put()
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Set computation parameters',
    description:
      'Sessions that are scheduled already keep those they were scheduled under. Operating limits are ' +
      'published with the grid model.',
  })
  set(
    @Param('gridId') gridId: string,
    @Body() { forecastMinutes, reviewMinutes, reason }: ComputationParametersDto,
    @Speaker() speaker: Principal,
  ): Promise<ComputationParameters> {
    const asked = { forecastMinutes, reviewMinutes, reason };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key: undefined,
        asked,
        path: `${gridId}/parameters`,
        run: async (context) => {
          requireOperated(this.grids, gridId);
          const { store, clock } = this.grids;
          await setParameters(store, clock, { gridId, ...asked }, context);
          return this.standing(gridId);
        },
      }),
    );
  }

  /** @throws DomainError `grid-unknown` */
  private async standing(gridId: string): Promise<ComputationParameters> {
    requireOperated(this.grids, gridId);
    return parametersAt(this.grids.store, gridId, this.grids.policy);
  }
}
