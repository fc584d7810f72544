import { MayBeAbsent, IsDay } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';

const BASELINES_LIMIT = 5_000;

/** One PoD on one delivery day. */
export class BaselineByHandDto {
  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  readonly podId!: string;

  @ApiProperty({ example: '2026-03-17' })
  @IsDay()
  readonly deliveryDay!: string;

  @ApiProperty({ type: [Number], description: 'W by MTU of the day, withdrawal positive' })
  @IsArray()
  @ArrayMaxSize(100)
  @IsInt({ each: true })
  readonly baselineW!: number[];

  @ApiPropertyOptional({
    type: [Number],
    description: 'var by MTU of the day, inductive positive; without it none is declared',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsInt({ each: true })
  readonly baselineVar?: number[];
}

/** Baselines set by hand. */
export class BaselinesByHandDto {
  @ApiProperty({ type: [BaselineByHandDto] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(BASELINES_LIMIT)
  @ValidateNested({ each: true })
  @Type(() => BaselineByHandDto)
  readonly baselines!: BaselineByHandDto[];
}

/** A file of another system. */
export class BaselineFileDto {
  @ApiProperty({
    example: 'podId,deliveryDay,mtu,baselineW\nIT002E60000001,2026-03-17,0,350\n',
    description: 'One line an MTU, parted by commas or semicolons; taken whole or not at all',
  })
  @IsString()
  @Length(1, 2_000_000)
  readonly csv!: string;
}

/** Baselines to be forecast from what was measured. */
export class BaselineForecastDto {
  @ApiProperty({ example: '2026-03-17' })
  @IsDay()
  readonly deliveryDay!: string;

  @ApiPropertyOptional({ type: [String], description: 'Without it those that have no baseline' })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(BASELINES_LIMIT)
  @IsString({ each: true })
  readonly podIds?: string[];
}
