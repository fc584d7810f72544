import { MayBeAbsent } from '@flexledger/service-kit';
import { VARIABLE_COSTS, type PlantLimits, type UnitCosts } from '@flexledger/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';
import { COST_FORMATS, type CostFormat } from './parse-costs';
import { COST_UNITS_MAX } from './plant-costs';

const FILE_CHARACTERS_MAX = 2_000_000;

/** What a plant can follow. */
class PlantLimitsDto implements PlantLimits {
  @ApiProperty({ description: "From a setpoint's arrival to the plant's answer" })
  @IsInt()
  readonly responseMinutes!: number;

  @ApiProperty({ description: 'What a plant that stands still needs besides' })
  @IsInt()
  readonly startUpMinutes!: number;

  @ApiProperty({ nullable: true, type: Number, description: 'Fastest change; null = any' })
  @IsOptional()
  @IsInt()
  readonly rampWPerMinute: number | null = null;

  @ApiProperty({ nullable: true, type: Number, description: 'Most energy of a day; null = any' })
  @IsOptional()
  @IsInt()
  readonly energyWh: number | null = null;
}

/** One plant. What is absent is 0, or no limit. */
export class UnitCostsDto implements UnitCosts {
  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  readonly podId!: string;

  @ApiPropertyOptional({ description: 'What the energy is worth on the market' })
  @MayBeAbsent()
  @IsInt()
  readonly marketMicroEurPerKwh: number = 0;

  @ApiPropertyOptional({ description: 'What the weather adds' })
  @MayBeAbsent()
  @IsInt()
  readonly weatherMicroEurPerKwh: number = 0;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsInt()
  readonly maintenanceMicroEurPerKwh: number = 0;

  @ApiPropertyOptional({ example: 80_000, description: 'Comfort, losses, lost self-consumption' })
  @MayBeAbsent()
  @IsInt()
  readonly operationMicroEurPerKwh: number = 0;

  @ApiPropertyOptional({ description: 'To be called later or sooner; may be below 0' })
  @MayBeAbsent()
  @IsInt()
  readonly strategyMicroEurPerKwh: number = 0;

  @ApiPropertyOptional({ description: 'Of offering in one MTU, however much' })
  @MayBeAbsent()
  @IsInt()
  readonly fixedMicroEurPerMtu: number = 0;

  @ApiPropertyOptional({ description: 'Power that a battery can feed in beyond zero' })
  @MayBeAbsent()
  @IsInt()
  readonly feedInW: number = 0;

  @ApiPropertyOptional({ type: PlantLimitsDto, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => PlantLimitsDto)
  readonly limits: PlantLimitsDto | null = null;

  @ApiPropertyOptional({
    description:
      'Of a kvarh moved by its inverter; its reactive power is offered where this is given',
  })
  @MayBeAbsent()
  @IsInt()
  readonly reactiveMicroEurPerKvarh?: number;
}

/** Costs of plants. */
export class CostsDto {
  @ApiProperty({ type: [UnitCostsDto] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(COST_UNITS_MAX)
  @ValidateNested({ each: true })
  @Type(() => UnitCostsDto)
  readonly units!: UnitCostsDto[];
}

/** A file of another system. */
export class CostFileDto {
  @ApiProperty({ enum: COST_FORMATS })
  @IsIn(COST_FORMATS)
  readonly format!: CostFormat;

  @ApiProperty({
    example: 'podId,operationMicroEurPerKwh,feedInW\nIT002E60000001,80000,0\n',
    description: `Members: podId, ${VARIABLE_COSTS.join(', ')}, fixedMicroEurPerMtu, feedInW, responseMinutes, startUpMinutes, rampWPerMinute, energyWh, reactiveMicroEurPerKvarh; at most ${COST_UNITS_MAX} plants, taken whole or not at all`,
  })
  @IsString()
  @Length(1, FILE_CHARACTERS_MAX)
  readonly text!: string;
}

/** What an aggregator adds to its costs. */
export class MarginDto {
  @ApiProperty({ example: 100 })
  @IsInt()
  readonly marginPerMille!: number;
}
