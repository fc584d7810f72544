import { PageDto, IsDay } from '@flexledger/service-kit';
import { ApiProperty, IntersectionType } from '@nestjs/swagger';

/** Delivery days, the last one included. */
export class KpiDaysDto {
  @ApiProperty({ example: '2026-03-17', description: 'First delivery day' })
  @IsDay()
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17', description: 'Last delivery day, 31 days on at most' })
  @IsDay()
  readonly to!: string;
}

/** Delivery days, and which page of PoDs. */
export class KpiPodsDto extends IntersectionType(KpiDaysDto, PageDto) {}
