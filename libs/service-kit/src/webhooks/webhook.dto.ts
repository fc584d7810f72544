import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { MayBeAbsent } from '../http/validation';

/** Which events are sent where. */
export class WebhookDto {
  @ApiProperty({ example: 'https://agg1.example/flexledger' })
  @IsString()
  @Length(1, 2_000)
  readonly url!: string;

  @ApiPropertyOptional({ example: ['ResultPublished', 'SettlementComputed'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @Matches(/^[A-Za-z]{1,100}$/, { each: true, message: 'each must be the name of an event' })
  readonly types?: string[];

  @ApiPropertyOptional({ example: 'session-', description: 'Beginning of the stream’s name' })
  @MayBeAbsent()
  @Matches(/^[\w:.-]{1,100}$/, { message: 'must be the beginning of a stream name' })
  readonly stream?: string;

  @ApiPropertyOptional({
    description: 'Events behind this position are sent, -1 for all; without it those to come',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(-1)
  readonly after?: number;
}

/** How many dead letters. */
export class DeadLetterQueryDto {
  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 100 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;
}
