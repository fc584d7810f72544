import { DomainError, MTU_MINUTES } from '@flexledger/domain';
import { parseMeasurements } from '@flexledger/grid';
import type { Principal } from '@flexledger/identity';
import { type StateEstimateDocument, findStateEstimates } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { Scopes, Speaker, commandContext } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { asked } from '../grids/asked';
import { GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { StateEstimateDto, StateEstimateQueryDto } from './state-estimate.dto';

const MTU_MS = MTU_MINUTES * 60_000;

/** The estimated state of a grid (FR-DSOTP-SE-01, SE-02, PMU-01). */
@ApiTags('grid: state estimation')
@Controller('api/v1/grids/:gridId/state-estimates')
export class StateEstimatesController {
  constructor(@Inject(GRIDS) private readonly grids: GridServices) {}

  @Post()
  @Scopes('grid:write')
  @ApiOperation({
    summary: "Estimate a quarter-hour's state from SCADA, AMR and PMU measurements together",
    description:
      "The platform adds what it knows itself: the meters of the market's customers as injections, " +
      'and forecasts where there is no meter. Buses with an injection of yours have none of ours.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async estimate(
    @Param('gridId') gridId: string,
    @Body() body: StateEstimateDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    requireOperated(this.grids, gridId);
    const { estimation } = this.grids;
    const startMs = msFromIso(body.at);
    if (startMs % MTU_MS !== 0) {
      const reason = 'must be the begin of a quarter-hour';
      throw new DomainError('input-malformed', `at ${reason}.`, [{ field: 'at', reason }]);
    }
    const { measurements } = body;
    const schema = 'flexledger-measurements/1';
    const given = asked('measurements-malformed', () =>
      parseMeasurements({ schema, measurements }),
    );
    const wanted = { at: startMs, measurements };
    const context = commandContext(speaker, gridId, key, wanted, `${gridId}/state`);
    return shown(await estimation.estimate(startMs, given, context));
  }

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'Estimated states, that of the latest instant first' })
  async list(@Param('gridId') gridId: string, @Query() query: StateEstimateQueryDto) {
    const { from, below, ...page } = query;
    const range = {
      ...(from === undefined ? {} : { from: isoFromMs(msFromIso(from)) }),
      ...(below === undefined ? {} : { below: isoFromMs(msFromIso(below)) }),
    };
    const where = { gridId, ...(Object.keys(range).length === 0 ? {} : { at: range }) };
    const { items, next } = await findStateEstimates(this.grids.documents, where, page);
    return { items: items.map(shown), next };
  }

  @Get('latest')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The estimated state of the latest instant' })
  async latest(@Param('gridId') gridId: string) {
    const { items } = await findStateEstimates(this.grids.documents, { gridId }, { limit: 1 });
    if (items[0]) return shown(items[0]);
    throw new DomainError('state-unknown', `No state of grid ${gridId} has been estimated yet.`);
  }
}

/** An estimate with a row for each bus. */
function shown<Estimate extends Omit<StateEstimateDocument, 'estimatedAt'>>(estimate: Estimate) {
  const { busIds, vmMicroPu, vaMicroDegree, vmSigmaMicroPu, vaSigmaMicroDegree, ...rest } =
    estimate;
  return {
    ...rest,
    buses: busIds.map((busId, index) => ({
      busId,
      vmMicroPu: vmMicroPu[index]!,
      vaMicroDegree: vaMicroDegree[index]!,
      vmSigmaMicroPu: vmSigmaMicroPu[index]!,
      vaSigmaMicroDegree: vaSigmaMicroDegree[index]!,
    })),
  };
}
