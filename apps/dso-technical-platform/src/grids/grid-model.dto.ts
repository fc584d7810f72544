import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsNumber,
  IsObject,
  IsString,
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

/** A network model to be published. */
export class GridModelDto {
  @ApiProperty({ type: 'object', additionalProperties: true, description: '`flexledger-grid/1`' })
  @IsObject()
  readonly model!: object;

  @ApiPropertyOptional({ description: 'As published last when absent' })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => OperatingLimitsDto)
  readonly limits?: OperatingLimitsDto;
}
