import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Of which delivery day. */
export class ResultDayDto {
  @ApiProperty({ description: 'Civil day of delivery', example: '2026-03-17' })
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'deliveryDay must be a date like 2026-03-17' })
  readonly deliveryDay!: string;
}
