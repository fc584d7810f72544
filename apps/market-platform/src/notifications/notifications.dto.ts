import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** How far back. */
export class NotificationDaysDto {
  @ApiPropertyOptional({
    minimum: 1,
    maximum: 31,
    default: 7,
    description: 'Delivery days back from tomorrow',
  })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(31)
  readonly days?: number;
}

/** What was read. */
export class ReadUpToDto {
  @ApiProperty({ example: '2026-03-17T10:00:00Z', description: '`at` of the newest one seen' })
  @IsInstant()
  readonly upTo!: string;
}
