import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { msFromIso } from '@flexledger/runtime';
import { HttpQuery, Live, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRANTED_GRID, GRIDS, type GridServices } from '../grids/grid-services';
import type { ProcessedReading } from '@flexledger/service-kit';
import { PhasorQueryDto } from './phasors.dto';

const LIMIT = 600;

/** Readings of phasor measurement units, with the power that was calculated from them (D2.15 3.3.1). */
@ApiTags('grid: phasors')
@Controller('api/v1/phasors')
export class PhasorsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Live()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'The last reading of each phasor measurement unit, with its active and reactive power',
    description:
      'Of three phases, phase to neutral; power withdrawn in the direction of the current. None where the feed ' +
      '`phasors` is not taken (`dso.feeds` of the configuration).',
  })
  latest(@Speaker() speaker: Principal): Promise<{ items: ProcessedReading[] }> {
    return this.read(speaker, async () => ({ items: this.grids.phasors?.latest() ?? [] }));
  }

  @Get(':device')
  @Live()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The readings of a device, rising in time; kept for some hours' })
  series(
    @Param('device') device: string,
    @Query() { from, below, limit = LIMIT }: PhasorQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<{ items: ProcessedReading[] }> {
    return this.read(speaker, async () => {
      const { phasors } = this.grids;
      if (!phasors?.latest().some((one) => one.device === device)) {
        const message = `No reading of ${device.slice(0, 100)} is kept; GET /api/v1/phasors lists devices.`;
        throw new DomainError('device-unknown', message);
      }
      const fromMs = from === undefined ? 0 : msFromIso(from);
      const untilMs = below === undefined ? Number.MAX_SAFE_INTEGER : msFromIso(below);
      return { items: phasors.between(device, { fromMs, untilMs, limit }) };
    });
  }

  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
