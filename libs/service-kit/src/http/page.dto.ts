import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from './validation';

/** Which page of a list. */
export class PageDto {
  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 100 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;

  @ApiPropertyOptional({ description: '`next` of the page before' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1_000)
  readonly cursor?: string;
}
