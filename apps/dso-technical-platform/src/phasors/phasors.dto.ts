import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** Which readings of a device. */
export class PhasorQueryDto {
  @ApiPropertyOptional({ description: 'From this instant on; absent = all that are kept' })
  @MayBeAbsent()
  @IsInstant()
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Before this instant' })
  @MayBeAbsent()
  @IsInstant()
  readonly below?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 3_600, default: 600 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_600)
  readonly limit?: number;
}
