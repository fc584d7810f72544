import { DomainError, MTU_MS } from '@flexledger/domain';
import { type PowerFlowResult, solvePowerFlow, solveSeries } from '@flexledger/grid';
import { forecastOfMtu, loadingOf } from '@flexledger/grid-operations';
import type { Principal } from '@flexledger/identity';
import { getSession } from '@flexledger/projections';
import { isoFromMs } from '@flexledger/runtime';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type GridLimit, findViolations } from '../requests/violations';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from './grid-services';
import { PowerFlowQueryDto } from './grid.dto';

/** The state of a grid in one MTU of a session, as it is forecast. */
interface ForecastPowerFlow {
  readonly gridId: string;
  readonly sessionId: string;
  readonly mtu: number;
  /** ISO 8601 UTC. */
  readonly mtuStart: string;
  /** Digest of the model that the forecast was made with, and this with it. */
  readonly modelDigest: string;
  readonly powerFlow: PowerFlowResult;
  /** Elements out of a limit; A for lines, % for transformers, pu for buses. */
  readonly violations: readonly (GridLimit & { readonly value: number })[];
}

/** Power flows on what is forecast (D3.3 A.3.2.2). */
@ApiTags('grid')
@Controller('api/v1/grids/:gridId/forecasts/:sessionId/power-flow')
export class PowerFlowController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'AC power flow of one MTU of a session’s forecast: voltages, currents, powers, losses',
    description:
      'Solved when it is asked for, on the model that the forecast was made with: each bus, line and ' +
      'transformer, what the grid draws from above, and which elements leave their limits. A case ' +
      'without a solution says so (`converged` false) and where it misses most.',
  })
  powerFlow(
    @Param('gridId') gridId: string,
    @Param('sessionId') sessionId: string,
    @Query() { mtu }: PowerFlowQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<ForecastPowerFlow> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    const run = () => this.solved(gridId, sessionId, mtu);
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  /** @throws DomainError `grid-unknown`, `forecast-unknown`, `query-malformed` */
  private async solved(gridId: string, sessionId: string, mtu: number): Promise<ForecastPowerFlow> {
    const { grid: own, forecasts, documents } = this.grids;
    requireOperated(this.grids, gridId);
    const session = await getSession(documents, sessionId);
    const forecast = session && (await forecasts.recorded(gridId, session))?.forecast;
    if (forecast?.missing !== 0) {
      throw new DomainError(
        'forecast-unknown',
        `Grid ${gridId} has no forecast for ${sessionId}; it is made some minutes after the session's gate opens.`,
      );
    }
    if (mtu >= forecast.mtuCount) {
      const reason = `must be below ${forecast.mtuCount}, the MTUs of the session`;
      throw new DomainError('query-malformed', `mtu ${reason}.`, [{ field: 'mtu', reason }]);
    }
    const { modelDigest } = forecast;
    const grid = await own.asOf(modelDigest);
    const loading = loadingOf(grid, forecastOfMtu(forecast, mtu));
    return {
      gridId,
      sessionId,
      mtu,
      mtuStart: isoFromMs(Date.parse(session!.deliveryStart) + mtu * MTU_MS),
      modelDigest,
      powerFlow: solvePowerFlow(grid.compiled, { loading }),
      violations: findViolations(grid, solveSeries(grid.compiled, loading)).map(
        ({ value, ...limit }) => ({ ...limit, value: value[0]! }),
      ),
    };
  }
}
