import {
  type GridStateDocument,
  type GridViolation,
  findGridStates,
} from '@flexledger/projections';
import { Scopes } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { GRIDS, type GridServices } from '../grids/grid-services';
import { AlarmQueryDto } from './planned-request.dto';

/** A violation with the requests of the same forecast whose PoDs help with it. */
type Alarm = GridViolation & { readonly requestIds: readonly string[] };

/** What an operator of the DSO looks at: alarms, and the requests sized for them. */
@ApiTags('grid: requests')
@Controller('api/v1/grids/:gridId/alarms')
export class AlarmsController {
  constructor(@Inject(GRIDS) private readonly grids: GridServices) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'Alarms by forecast with the requests sized for them, the latest forecast first',
    description:
      'An alarm names the element, its value and limit, the PoDs that help and the W that they ' +
      'cannot give (`missingW`). A request is `proposed`, `held`, `released` or `sent`.',
  })
  async list(@Param('gridId') gridId: string, @Query() query: AlarmQueryDto) {
    const { open, sessionId, ...page } = query;
    const where = {
      gridId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(open === undefined ? {} : { openViolations: { from: 1 } }),
    };
    const { items, next } = await findGridStates(this.grids.documents, where, page);
    return { items: items.map(withAlarms), next };
  }
}

function withAlarms({ violations, requests, ...forecast }: GridStateDocument) {
  const alarms = violations.map((violation): Alarm => {
    const helping = new Set(violation.podIds);
    const own = requests.filter(({ podIds }) => podIds.some((podId) => helping.has(podId)));
    return { ...violation, requestIds: own.map(({ requestId }) => requestId) };
  });
  return { ...forecast, alarms, requests };
}
