import { DomainError, MTU_MS, unknownRun } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type DerControlRunDocument,
  findDerControlRuns,
  getDerControlRun,
} from '@flexledger/projections';
import { msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { requireDerControl } from './der-control';
import { DerControlDto } from './der-control.dto';

/** Control of distributed resources by an algorithm outside (FR-DSOTP-T-02, DER-01). */
@ApiTags('grid: DER control')
@Controller('api/v1/grids/:gridId/der-control')
export class DerControlController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Start DER control over some quarter-hours',
    description:
      'The algorithm hears of it over the broker, on `dso/GRID/der-control/start`, with the state that was estimated ' +
      'last and the tariffs of that time; it answers on `dso/GRID/der-control`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  start(
    @Param('gridId') gridId: string,
    @Body() { from, mtuCount }: DerControlDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const fromMs = msFromIso(from);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key,
        asked: { from: fromMs, mtuCount },
        path: `${gridId}/der-control`,
        readsViews: true,
        run: async (context) => {
          requireOperated(this.grids, gridId);
          if (fromMs % MTU_MS !== 0) {
            const reason = 'must be the begin of a quarter-hour';
            throw new DomainError('input-malformed', `from ${reason}.`, [
              { field: 'from', reason },
            ]);
          }
          return requireDerControl(this.grids.derControl).start({ fromMs, mtuCount }, context);
        },
      }),
    );
  }

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'Runs of DER control with their results, the latest first' })
  list(@Param('gridId') gridId: string, @Query() page: PageDto, @Speaker() speaker: Principal) {
    return this.read(speaker, async () => {
      requireOperated(this.grids, gridId);
      const { items, next } = await findDerControlRuns(this.grids.documents, gridId, page);
      return { items: items.map(shown), next };
    });
  }

  @Get(':runId')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'A run of DER control with its results' })
  one(
    @Param('gridId') gridId: string,
    @Param('runId') runId: string,
    @Speaker() speaker: Principal,
  ) {
    return this.read(speaker, async () => {
      requireOperated(this.grids, gridId);
      const run = await getDerControlRun(this.grids.documents, gridId, runId);
      if (run) return shown(run);
      throw unknownRun(runId);
    });
  }

  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: {} } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}

function shown({ position: _position, ...run }: DerControlRunDocument) {
  return run;
}
