import type { Principal } from '@flexledger/identity';
import { DomainError } from '@flexledger/domain';
import { POD_DAYS_AT_ONCE } from '@flexledger/ports';
import { getPods, measurementsBetween } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import { ownerOfAll } from '../http/owner-of-all';
import { ownerOfPod } from '../pods/pods.controller';
import { requireStretch } from '../ports/measurements-port';
import { MeasurementQueryDto, MeasurementsOfPodsDto } from './measurements.dto';

const DAY_MS = 86_400_000;

/** Certified measurements (flows 1, 1a, 8). */
@ApiTags('customers: measurements')
@Controller('api/v1')
export class MeasurementsController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('pods/:podId/measurements')
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Measured quarter-hours, rising; those without a measurement are absent',
  })
  between(
    @Param('podId') podId: string,
    @Query() { from, to }: MeasurementQueryDto,
    @Speaker() speaker: Principal,
  ) {
    const { documents, policy } = this.customers;
    const owner = () => ownerOfPod(documents, podId, 'measurements');
    const run = async () => {
      const fromMs = msFromIso(from);
      const untilMs = msFromIso(to);
      requireStretch(fromMs, untilMs, policy, 'to');
      const [measured] = await measurementsBetween(documents, [podId], fromMs, untilMs);
      const items = measured!.map(({ mtuStartMs, ...energies }) => {
        return { mtuStart: isoFromMs(mtuStartMs), ...energies };
      });
      return { podId, items };
    };
    const needs = { speaker, action: 'measurements:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post('measurements/query')
  @HttpCode(200)
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Measured quarter-hours of many PoDs, one list a PoD in the order asked',
    description:
      'At most 2,000 PoDs times days in one question. Of a PoD that nobody knows the list is empty.',
  })
  ofPods(
    @Body() { podIds, fromMs, untilMs }: MeasurementsOfPodsDto,
    @Speaker() speaker: Principal,
  ) {
    const { documents, ports } = this.customers;
    const owner = async () =>
      ownerOfAll(await getPods(documents, podIds), speaker, 'measurements:read', 'measurements');
    const run = async () => {
      requireSize(podIds.length, fromMs, untilMs);
      return { items: await ports.measurements.quarterHours(podIds, fromMs, untilMs) };
    };
    const needs = { speaker, action: 'measurements:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Get('measurements/first-day')
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'The first UTC day of which anything was measured, for those who may read all',
  })
  firstDay(@Speaker() speaker: Principal) {
    const { measurements } = this.customers.ports;
    const needs = { speaker, action: 'measurements:read', owner: {} } as const;
    const run = async () => ({ firstDay: (await measurements.firstDay()) ?? null });
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}

/** An answer holds some megabytes at most. @throws DomainError `query-malformed` */
function requireSize(pods: number, fromMs: number, untilMs: number): void {
  const days = Math.ceil((untilMs - fromMs) / DAY_MS);
  if (pods === 1 || pods * days <= POD_DAYS_AT_ONCE) return;
  const reason = `are ${pods} for ${days} days; ask for ${POD_DAYS_AT_ONCE} PoDs times days at once`;
  throw new DomainError('query-malformed', `The podIds ${reason}.`, [{ field: 'podIds', reason }]);
}
