import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { measurementsBetween } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../edge/customer-services';
import { requiredPod } from '../pods/pods.controller';
import { MeasurementQueryDto } from './measurements.dto';

/** One year and a day (flow 1a). */
const LONGEST_MS = 366 * 86_400_000;

/** Certified measurements (flow 1a). */
@ApiTags('customers: measurements')
@Controller('api/v1/pods/:podId/measurements')
export class MeasurementsController {
  constructor(@Inject(CUSTOMERS) private readonly customers: CustomerServices) {}

  @Get()
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Measured quarter-hours, rising; those without a measurement are absent',
  })
  async between(
    @Param('podId') podId: string,
    @Query() { from, to }: MeasurementQueryDto,
    @Speaker() speaker: Principal,
  ) {
    await requiredPod(this.customers, podId, speaker, 'measurements:read');
    const fromMs = msFromIso(from);
    const untilMs = msFromIso(to);
    if (untilMs <= fromMs || untilMs - fromMs > LONGEST_MS) {
      const reason = 'must lie after from, by 366 days at most';
      throw new DomainError('query-malformed', `The end "${to}" ${reason}.`, [
        { field: 'to', reason },
      ]);
    }
    const { documents } = this.customers;
    const [measured] = await measurementsBetween(documents, [podId], fromMs, untilMs);
    const items = measured!.map(({ mtuStartMs, ...energies }) => {
      return { mtuStart: isoFromMs(mtuStartMs), ...energies };
    });
    return { podId, items };
  }
}
