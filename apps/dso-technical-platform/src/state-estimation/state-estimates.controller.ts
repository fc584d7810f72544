import { type CommandContext, DomainError, MTU_MS } from '@flexledger/domain';
import { parseMeasurements } from '@flexledger/grid';
import type { Principal } from '@flexledger/identity';
import { findStateEstimates } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { asked } from '../grids/asked';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { shownEstimate } from './shown-estimate';
import { StateEstimateDto, StateEstimateQueryDto } from './state-estimate.dto';

/** The estimated state of a grid (FR-DSOTP-SE-01, SE-02, PMU-01). */
@ApiTags('grid: state estimation')
@Controller('api/v1/grids/:gridId/state-estimates')
export class StateEstimatesController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Scopes('grid:write')
  @ApiOperation({
    summary: "Estimate a quarter-hour's state from SCADA, AMR and PMU measurements together",
    description:
      "The platform adds what it knows itself: the meters of the market's customers as injections, " +
      'and forecasts where there is no meter. Buses with an injection of yours have none of ours.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  estimate(
    @Param('gridId') gridId: string,
    @Body() { at, measurements }: StateEstimateDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const startMs = msFromIso(at);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key,
        asked: { at: startMs, measurements },
        path: `${gridId}/state`,
        readsViews: true,
        run: (context) => this.estimated(gridId, startMs, measurements, context),
      }),
    );
  }

  /** @throws DomainError `grid-unknown`, `input-malformed`, and what the estimation refuses */
  private async estimated(
    gridId: string,
    startMs: number,
    measurements: readonly object[],
    context: CommandContext,
  ) {
    requireOperated(this.grids, gridId);
    if (startMs % MTU_MS !== 0) {
      const reason = 'must be the begin of a quarter-hour';
      throw new DomainError('input-malformed', `at ${reason}.`, [{ field: 'at', reason }]);
    }
    const schema = 'flexledger-measurements/1';
    const given = asked('measurements-malformed', () =>
      parseMeasurements({ schema, measurements }),
    );
    return shownEstimate(await this.grids.estimation.estimate(startMs, given, context));
  }

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'Estimated states, that of the latest instant first' })
  list(
    @Param('gridId') gridId: string,
    @Query() query: StateEstimateQueryDto,
    @Speaker() speaker: Principal,
  ) {
    return this.read(speaker, () => this.estimatesOf(gridId, query));
  }

  private async estimatesOf(gridId: string, query: StateEstimateQueryDto) {
    const { from, below, ...page } = query;
    const range = {
      ...(from === undefined ? {} : { from: isoFromMs(msFromIso(from)) }),
      ...(below === undefined ? {} : { below: isoFromMs(msFromIso(below)) }),
    };
    const where = { gridId, ...(Object.keys(range).length === 0 ? {} : { at: range }) };
    const { items, next } = await findStateEstimates(this.grids.documents, where, page);
    return { items: items.map((one) => shownEstimate(one)), next };
  }

  @Get('latest')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The estimated state of the latest instant' })
  latest(@Param('gridId') gridId: string, @Speaker() speaker: Principal) {
    return this.read(speaker, async () => {
      const { items } = await findStateEstimates(this.grids.documents, { gridId }, { limit: 1 });
      if (items[0]) return shownEstimate(items[0]);
      throw new DomainError('state-unknown', `No state of grid ${gridId} has been estimated yet.`);
    });
  }

  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
