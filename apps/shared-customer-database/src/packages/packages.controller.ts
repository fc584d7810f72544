import { type Principal, may } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, ForbiddenException, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import { QuarterHourPackageDto } from './packages.dto';
import { type PackageOwner, quarterHourOf, quarterHourPackage } from './quarter-hour-package';

/** The package of each quarter-hour, also of nodes that are silent (flow 1). */
@ApiTags('customers: measurements')
@Controller('api/v1/measurements/package')
export class QuarterHourPackagesController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'A row for each of your PoDs: what was measured in a quarter-hour, and what is wrong',
    description:
      'PoDs of which nothing came are there, with the code `no-data`. Of the node: `no-node`, `disconnected`, ' +
      'and the kinds of anomaly that it has raised and that stand still.',
  })
  list(@Query() { quarterHour, ...page }: QuarterHourPackageDto, @Speaker() speaker: Principal) {
    const { documents, clock } = this.customers;
    const owner = ownPackage(speaker);
    const startMs = quarterHourOf(quarterHour, clock.nowMs());
    const run = async () => ({
      quarterHour: isoFromMs(startMs),
      ...(await quarterHourPackage(documents, startMs, owner, page)),
    });
    return this.queries.execute(new HttpQuery({ run }));
  }
}

/** Everybody's for those who read all measurements, one's own for the others. */
function ownPackage(speaker: Principal): PackageOwner {
  if (may(speaker, 'measurements:read')) return {};
  const { role, partyId, actor } = speaker;
  const own = role === 'aggregator' ? { aggregatorId: partyId ?? '' } : { podId: partyId ?? '' };
  if (may(speaker, 'measurements:read', own)) return own;
  throw new ForbiddenException(`${actor} has no right to packages of measurements here.`);
}
