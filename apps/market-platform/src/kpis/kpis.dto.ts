import { PageDto } from '@flexledger/service-kit';
import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { Matches } from 'class-validator';

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Delivery days, the last one included. */
export class KpiDaysDto {
  @ApiProperty({ example: '2026-03-17', description: 'First delivery day' })
  @Matches(ISO_DATE, { message: 'from must be a day like 2026-03-17' })
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17', description: 'Last delivery day, 31 days on at most' })
  @Matches(ISO_DATE, { message: 'to must be a day like 2026-03-17' })
  readonly to!: string;
}

/** Delivery days, and which page of PoDs. */
export class KpiPodsDto extends IntersectionType(KpiDaysDto, PageDto) {}
