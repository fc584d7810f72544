import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

/** An event's place in the log. */
export class InclusionQueryDto {
  @ApiProperty({ description: 'Position of the event, from 0' })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly position!: number;

  @ApiPropertyOptional({ description: 'Events the proof covers; those of the last checkpoint' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  readonly size?: number;
}

/** Two sizes of the log. */
export class ConsistencyQueryDto {
  @ApiProperty({ description: 'Events under the earlier root' })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly from!: number;

  @ApiPropertyOptional({ description: 'Events under the later root; those of the last checkpoint' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly to?: number;
}

/** Which page of a list. */
export class AnchorQueryDto {
  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;

  @ApiPropertyOptional({ description: '`next` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  readonly cursor?: string;
}

/** A transaction on the chain. */
export class TransactionQueryDto {
  @ApiProperty({ description: 'Hash of a transaction that anchored the log' })
  @Matches(/^0x[0-9a-f]{64}$/, { message: 'must be 0x and 64 lower-case hex digits' })
  readonly transaction!: string;
}
