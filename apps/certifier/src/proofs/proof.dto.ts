import { MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Matches, Min } from 'class-validator';

/** An event, by its place in the log or by its id. */
export class InclusionQueryDto {
  @ApiPropertyOptional({ description: 'Position of the event, as the log has it' })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly position?: number;

  @ApiPropertyOptional({ description: 'Id of the event, instead of its position' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly id?: string;

  @ApiPropertyOptional({ description: 'Events the proof covers; those of the last checkpoint' })
  @MayBeAbsent()
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
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly to?: number;
}

/** A transaction on the chain, and which page of what it certifies. */
export class TransactionQueryDto extends PageDto {
  @ApiProperty({ description: 'Hash of a transaction that anchored the log' })
  @Matches(/^0x[0-9a-f]{64}$/, { message: 'must be 0x and 64 lower-case hex digits' })
  readonly transaction!: string;
}

/** Whose receipt. */
export class ReceiptQueryDto {
  @ApiPropertyOptional({
    description: 'An aggregator, `DSO` or `TSO`, for those who see all orders; else the own one',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly bidderId?: string;
}
