import { HttpQuery, Live, Public, MayBeAbsent } from '@flexledger/service-kit';
import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import type { StatusReader, StatusSnapshot } from './status-snapshot';

/** Under which Nest finds the `StatusReader`. */
export const STATUS = Symbol('status reader');

/** Which day. */
export class StatusQueryDto {
  @ApiPropertyOptional({
    description: 'The last on which something was sold',
    example: '2026-03-17',
  })
  @MayBeAbsent()
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, {
    message: 'must be a date like 2026-03-17',
  })
  readonly day?: string;
}

/** The market at a glance, for everyone. */
@ApiTags('status')
@Live()
@Public()
@Controller('api/v1/status')
export class StatusController {
  constructor(
    @Inject(STATUS) private readonly status: StatusReader,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-cache')
  @ApiOperation({ summary: 'Sums of a delivery day, of the log and of its certification' })
  snapshot(@Query() { day }: StatusQueryDto): Promise<StatusSnapshot> {
    return this.queries.execute(new HttpQuery({ run: () => this.status.read(day) }));
  }
}
