import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** Rows of an outcome in one answer: some 40 MB. */
const ROWS_LIMIT = 50_000;

/** Which rows of an outcome; all where absent. */
export class OutcomeRowsDto {
  @ApiPropertyOptional({ minimum: 0, default: 0, description: 'First row, counted from 0' })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly from?: number;

  @ApiPropertyOptional({ minimum: 1, maximum: ROWS_LIMIT, description: 'All where absent' })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(ROWS_LIMIT)
  readonly limit?: number;
}
