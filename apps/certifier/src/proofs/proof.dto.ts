import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Min } from 'class-validator';

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

/** A transaction on the chain. */
export class TransactionQueryDto {
  @ApiProperty({ description: 'Hash of a transaction that anchored the log' })
  @Matches(/^0x[0-9a-f]{64}$/, { message: 'must be 0x and 64 lower-case hex digits' })
  readonly transaction!: string;
}
