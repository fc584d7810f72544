import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { LoadHistory } from '../forecast/customer-forecast';
import { GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { ReworkDto } from './load-profiles.dto';
import { DAY_KINDS } from './rework';

/** Typical days of the grid's customers, which forecasts begin with (D3.3 A.3.3.2). */
@ApiTags('grid: load profiles')
@Controller('api/v1/grids/:gridId/load-profiles')
export class LoadProfilesController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'The rework that stands: when, why, and from which days it was made',
    description:
      'Profiles are reworked as a month begins; a month and more after the last rework none stands.',
  })
  standing(@Param('gridId') gridId: string, @Speaker() speaker: Principal) {
    return this.read(speaker, async () => (await this.known(gridId)).reworked);
  }

  @Get('pods/:podId')
  @Scopes('grid:read')
  @ApiOperation({
    summary:
      "A customer's three typical days, W by local quarter-hour, and how many days each is of",
    description:
      'The load alone: its PV is added back, and what it did for the market is left out. null where nothing was measured.',
  })
  ofPod(
    @Param('gridId') gridId: string,
    @Param('podId') podId: string,
    @Speaker() speaker: Principal,
  ) {
    return this.read(speaker, async () => {
      const { reworkId, lastDay, holds, historyOf } = await this.known(gridId);
      if (!holds(podId)) {
        throw new DomainError(
          'profiles-unknown',
          `Nothing was measured of PoD ${podId} on the days until ${lastDay} that profiles stand on.`,
        );
      }
      const [working, saturday, sunday] = DAY_KINDS.map((kind) => shown(historyOf(podId, kind)));
      return { podId, reworkId, lastDay, working, saturday, sunday };
    });
  }

  @Post('rework')
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Rework the profiles now, from what meters have said until the day before yesterday',
    description: 'The next forecasts begin with them. From the same measurements nothing changes.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  rework(
    @Param('gridId') gridId: string,
    @Body() { reason }: ReworkDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key,
        asked: { reason },
        path: `${gridId}/load-profiles`,
        readsViews: true,
        run: (context) => {
          requireOperated(this.grids, gridId);
          return this.grids.profiles.rework(reason, context);
        },
      }),
    );
  }

  /** @throws DomainError `grid-unknown`, `profiles-unknown` */
  private async known(gridId: string) {
    requireOperated(this.grids, gridId);
    const standing = await this.grids.profiles.standing();
    if (standing) return standing;
    throw new DomainError(
      'profiles-unknown',
      `No profiles of grid ${gridId} were reworked in this month or the last; ` +
        `POST /api/v1/grids/${gridId}/load-profiles/rework makes them.`,
    );
  }

  /** Of single customers: the DSO's own, and nothing that it grants. */
  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: {} } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}

function shown(history: LoadHistory | undefined) {
  if (!history) return null;
  const { sumW, days } = history;
  const powerW = Array.from(sumW, (sum, at) =>
    days[at]! > 0 ? Math.round(sum / days[at]!) : null,
  );
  return { powerW, days: [...days] };
}
