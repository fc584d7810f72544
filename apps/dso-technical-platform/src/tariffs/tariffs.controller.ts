import type { Principal } from '@flexledger/identity';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { elementIds } from '../grid-model/element-ids';
import { GRIDS, type GridServices, requireOperated } from '../grids/grid-services';
import { parseTariffs } from './parse-tariffs';
import { TariffFileDto, TariffQueryDto } from './tariffs.dto';

/** Prices of the network's use, worked out elsewhere, for all who use it (FR-DSOTP-T-01, T-02). */
@ApiTags('grid: tariffs')
@Controller('api/v1/grids/:gridId/tariffs')
export class TariffsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('import')
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Publish network tariffs from a CSV file or a workbook, in the place of those before',
    description:
      'Tariffs of one name and zone must not overlap. All who use the grid hear of it by the event `TariffsPublished`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  importFile(
    @Param('gridId') gridId: string,
    @Body() { source, format = 'csv', text }: TariffFileDto,
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
        // As it was before there were workbooks, so that a key of then is known.
        asked: { source, text, ...(format === 'csv' ? {} : { format }) },
        path: `${gridId}/tariffs`,
        run: async (context) => {
          requireOperated(this.grids, gridId);
          const zones = elementIds((await this.grids.grid.current()).compiled.network);
          const wanted = { gridId, source, tariffs: await parseTariffs(text, format, zones) };
          const { digest, tariffs } = await this.grids.tariffs.publish(wanted, context);
          return { gridId, source, digest, tariffs: tariffs.length };
        },
      }),
    );
  }

  @Get()
  @Scopes('market:read')
  @ApiOperation({ summary: 'Network tariffs as they stand, by name, zone and time' })
  standing(
    @Param('gridId') gridId: string,
    @Query() { from, to }: TariffQueryDto,
    @Speaker() speaker: Principal,
  ) {
    const needs = { speaker, action: 'market:read', owner: {} } as const;
    return this.queries.execute(
      new HttpQuery({
        needs,
        run: async () => {
          requireOperated(this.grids, gridId);
          const {
            source = null,
            digest = null,
            tariffs = [],
          } = (await this.grids.tariffs.standing(gridId)) ?? {};
          const after = from === undefined ? '' : isoFromMs(msFromIso(from));
          const before = to === undefined ? undefined : isoFromMs(msFromIso(to));
          const items = tariffs.filter(
            (tariff) => tariff.until > after && (before === undefined || tariff.from < before),
          );
          return { gridId, source, digest, items };
        },
      }),
    );
  }
}
