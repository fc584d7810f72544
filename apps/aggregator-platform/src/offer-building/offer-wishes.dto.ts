import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import type { OfferWishes } from './portfolio-offers';

const PODS_LIMIT = 10_000;

/** Which offers to build, and on what terms. */
export class OfferWishesDto implements OfferWishes {
  @ApiPropertyOptional({
    type: [String],
    description: 'Without it all that are flagged in; those flagged out are offered when named',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(PODS_LIMIT)
  @IsString({ each: true })
  readonly podIds?: string[];

  @ApiPropertyOptional({ description: 'Part of what can be offered; your own rule without it' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly sharePerMille?: number;

  @ApiPropertyOptional({ description: 'On the cost; your own margin without it' })
  @MayBeAbsent()
  @IsInt()
  @Min(-1_000)
  @Max(100_000)
  readonly marginPerMille?: number;
}

/** Offers to be built and sent. */
export class SendOffersDto extends OfferWishesDto {
  @ApiProperty({ example: 'AGG1-by-hand-1', maxLength: 100 })
  @IsString()
  @Length(1, 100)
  readonly bidId!: string;
}

/** Offers to be taken back. */
export class WithdrawPodsDto {
  @ApiPropertyOptional({ type: [String], description: 'Without it all of yours in the session' })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(PODS_LIMIT)
  @IsString({ each: true })
  readonly podIds?: string[];
}
