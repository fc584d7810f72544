import { IsInstant, PageDto, MayBeAbsent, IsDay } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsString } from 'class-validator';

const PODS_LIMIT = 10_000;

/** A delivery day. */
export class DayDto {
  @ApiProperty({ example: '2026-03-17', description: 'Delivery day' })
  @IsDay()
  readonly day!: string;
}

/** A page of the portfolio, with what holds on a delivery day. */
export class PortfolioPageDto extends PageDto {
  @ApiPropertyOptional({ example: '2026-03-17', description: 'Delivery day' })
  @MayBeAbsent()
  @IsDay()
  readonly day?: string;
}

/** Which of the portfolio. */
export class PortfolioListDto extends PortfolioPageDto {
  @ApiPropertyOptional({
    enum: ['true'],
    description: 'Only PoDs whose Light Node is cut off, the longest silent first',
  })
  @MayBeAbsent()
  @IsIn(['true'])
  readonly silent?: 'true';
}

/** A stretch of time, and which page of PoDs. */
export class HistoryPageDto extends PageDto {
  @ApiProperty({ example: '2026-03-16T23:00:00Z', description: 'First instant, included' })
  @IsInstant()
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17T23:00:00Z', description: 'Last instant, excluded' })
  @IsInstant()
  readonly to!: string;
}

/** PoDs flagged in or out of the automatic offers. */
export class AutomaticOffersDto {
  @ApiProperty({ type: [String], example: ['IT002E60000001'] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(PODS_LIMIT)
  @IsString({ each: true })
  readonly podIds!: string[];

  @ApiProperty()
  @IsBoolean()
  readonly automaticOffers!: boolean;
}
