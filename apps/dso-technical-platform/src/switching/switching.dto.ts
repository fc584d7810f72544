import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';

const ELEMENT_TYPES = ['switch', 'line', 'transformer'] as const;

/** Where a switch is to be. */
export class SwitchPositionDto {
  @ApiProperty({ enum: ELEMENT_TYPES, example: 'line' })
  @IsIn(ELEMENT_TYPES)
  readonly elementType!: (typeof ELEMENT_TYPES)[number];

  @ApiProperty({ example: 'line33' })
  @IsString()
  @Length(1, 100)
  readonly elementId!: string;

  @ApiProperty({ example: true, description: 'Of a line or transformer: in service' })
  @IsBoolean()
  readonly closed!: boolean;
}

/** A variant of the switches; what it does not name stays as the published model has it. */
export class SwitchingVariantDto {
  @ApiProperty({ type: [SwitchPositionDto], minItems: 1, maxItems: 100 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => SwitchPositionDto)
  readonly positions!: SwitchPositionDto[];
}

/** A variant, and why the grid is switched to it. */
export class SwitchingDto extends SwitchingVariantDto {
  @ApiProperty({ example: 'the tie to the next feeder carries it' })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

/** Which forecast: the path of its resource. */
export class SwitchedForecastPath {
  @ApiProperty({ example: 'ieee33' })
  @IsString()
  readonly gridId!: string;

  @ApiProperty({ example: 'dayAhead-2026-03-16T23:00Z' })
  @IsString()
  readonly sessionId!: string;
}
