import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** A voltage band, thousandths of the nominal. */
export class VoltageBandDto {
  @ApiProperty()
  @IsNumber()
  @Min(1)
  @Max(2_000)
  readonly minPerMille!: number;

  @ApiProperty()
  @IsNumber()
  @Min(1)
  @Max(2_000)
  readonly maxPerMille!: number;
}

/** What counts as a violation. */
export class OperatingLimitsDto {
  @ApiProperty({ description: 'Lowest voltage, thousandths of the nominal' })
  @IsNumber()
  @Min(1)
  @Max(2_000)
  readonly vMinPerMille!: number;

  @ApiProperty()
  @IsNumber()
  @Min(1)
  @Max(2_000)
  readonly vMaxPerMille!: number;

  @ApiPropertyOptional({ description: 'Of buses above 1 kV; the same as all when absent' })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => VoltageBandDto)
  readonly mediumVoltage?: VoltageBandDto;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: "Highest current by line id, A; others have the model's rating",
  })
  @IsObject()
  readonly lineLimitA!: Readonly<Record<string, number>>;

  @ApiPropertyOptional({ description: "Part of the model's rating that such a line may carry" })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly lineLimitPerMille?: number;

  @ApiProperty({ description: 'Highest loading of any transformer, thousandths of its rating' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly transformerLimitPerMille!: number;

  @ApiProperty({ description: 'Why they are so' })
  @IsString()
  @MaxLength(1_000)
  readonly note!: string;
}

/** A network below another, as an LV network below a bus of the MV network. */
export class FeederDto {
  @ApiProperty({ example: 'ostiense', description: 'Stands before the ids of its elements' })
  @IsString()
  @Length(1, 40)
  readonly name!: string;

  @ApiProperty({ description: 'Bus above, where its slack stands, of the same nominal voltage' })
  @IsString()
  @Length(1, 100)
  readonly bus!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: '`flexledger-grid/1`' })
  @IsObject()
  readonly model!: object;
}

const FEEDERS_MAX = 1_000;

/** A network model to be published. */
export class GridModelDto {
  @ApiProperty({ type: 'object', additionalProperties: true, description: '`flexledger-grid/1`' })
  @IsObject()
  readonly model!: object;

  @ApiPropertyOptional({ type: [FeederDto], description: 'Networks below it, published as one' })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(FEEDERS_MAX)
  @ValidateNested({ each: true })
  @Type(() => FeederDto)
  readonly feeders?: FeederDto[];

  @ApiPropertyOptional({ description: 'As published last when absent' })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => OperatingLimitsDto)
  readonly limits?: OperatingLimitsDto;
}
