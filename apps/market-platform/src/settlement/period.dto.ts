import { type CivilPeriod, DomainError, civilPeriod } from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

/** Delivery days: one, those of a week, or those of a month. */
export class PeriodDto {
  @ApiProperty({
    example: '2026-03-17',
    description: 'A day like 2026-03-17, a week like 2026-W12 or a month like 2026-03',
  })
  @IsString()
  @MaxLength(10)
  readonly period!: string;
}

/** The days of a period. @throws DomainError `query-malformed` */
export function periodOf({ period }: PeriodDto): CivilPeriod {
  const days = civilPeriod(period);
  if (days) return days;
  const reason = 'must be a day like 2026-03-17, a week like 2026-W12 or a month like 2026-03';
  throw new DomainError('query-malformed', `The period "${period}" ${reason}.`, [
    { field: 'period', reason },
  ]);
}
