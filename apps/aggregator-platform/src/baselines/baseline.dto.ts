import { MayBeAbsent, IsDay } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';

import { SERIES_FORMATS, type SeriesFormat } from './series-file';

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

/** Time series of another system: a file, or the address of one. */
export class SeriesFileDto {
  @ApiPropertyOptional({
    enum: SERIES_FORMATS,
    description: 'What the ending of the address says where absent',
  })
  @MayBeAbsent()
  @IsIn(SERIES_FORMATS)
  readonly format?: SeriesFormat;

  @ApiPropertyOptional({
    description:
      'CSV as in `import`; JSON `{"series":[{"podId","deliveryDay","stepSeconds","baselineW":[…]}]}`; XML with the same ' +
      'names as attributes of `<series>` and the values in `<baselineW>`. A step finer than a quarter-hour is averaged',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 2_000_000)
  readonly text?: string;

  @ApiPropertyOptional({ enum: ['gzip'], description: 'The text is gzip in base64' })
  @MayBeAbsent()
  @IsIn(['gzip'])
  readonly encoding?: 'gzip';

  @ApiPropertyOptional({
    example: 'https://files.example.org/series.json',
    description: 'Instead of text; at one of the origins of `aggregator.importFrom`, gzip or not',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 2_000)
  readonly address?: string;
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
