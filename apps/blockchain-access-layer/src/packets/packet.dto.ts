import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

/** Which page of packets. */
export class PacketQueryDto {
  @ApiPropertyOptional({ description: '`next` of the page before; from the first one when absent' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  readonly after?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 1_000 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;
}
