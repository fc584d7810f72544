import { IsDay } from '@flexledger/service-kit';
import { ApiProperty } from '@nestjs/swagger';

/** Outcomes of which delivery day. */
export class OutcomeDayDto {
  @ApiProperty({ example: '2026-03-17', description: 'Civil day of delivery' })
  @IsDay()
  readonly deliveryDay!: string;
}
