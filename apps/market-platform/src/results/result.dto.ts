import { IsDay } from '@flexledger/service-kit';
import { ApiProperty } from '@nestjs/swagger';

/** Of which delivery day. */
export class ResultDayDto {
  @ApiProperty({ description: 'Civil day of delivery', example: '2026-03-17' })
  @IsDay()
  readonly deliveryDay!: string;
}
