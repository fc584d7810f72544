import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../http/validation';

/** Which events. */
export class EventQueryDto {
  @ApiPropertyOptional({ description: 'Events behind this position: of an event, or `next`' })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(-1)
  readonly after?: number;

  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 100, description: 'Of a page' })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;

  @ApiPropertyOptional({ example: 'SessionOpened,MarketCleared' })
  @MayBeAbsent()
  @Matches(/^[A-Za-z]+(,[A-Za-z]+)*$/, { message: 'must be names of events, parted by commas' })
  readonly types?: string;

  @ApiPropertyOptional({ example: 'session-', description: 'Beginning of the stream’s name' })
  @MayBeAbsent()
  @Matches(/^[\w:.-]{1,100}$/, { message: 'must be the beginning of a stream name' })
  readonly stream?: string;
}
