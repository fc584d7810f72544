import {
  CUSTOMER_KINDS,
  type CustomerKind,
  PLANT_GROUPS,
  type PlantGroup,
  VOLTAGE_LEVELS,
  type VoltageLevel,
} from '@flexledger/domain';
import { IsDay, MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

/** More than any customer is connected with, W. */
const POWER_MAX_W = 1_000_000_000;

/** Delivery days, the last one included. */
export class KpiDaysDto {
  @ApiProperty({ example: '2026-03-17', description: 'First delivery day' })
  @IsDay()
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17', description: 'Last delivery day, 31 days on at most' })
  @IsDay()
  readonly to!: string;
}

/** Of which PoDs; of all where nothing is said. */
export class KpiGroupDto extends KpiDaysDto {
  @ApiPropertyOptional({ enum: CUSTOMER_KINDS, description: 'Customers of this kind only' })
  @MayBeAbsent()
  @IsIn(CUSTOMER_KINDS)
  readonly customerKind?: CustomerKind;

  @ApiPropertyOptional({ enum: VOLTAGE_LEVELS, description: 'Connected at this level only' })
  @MayBeAbsent()
  @IsIn(VOLTAGE_LEVELS)
  readonly voltageLevel?: VoltageLevel;

  @ApiPropertyOptional({
    enum: PLANT_GROUPS,
    description: 'With this plant behind the meter only, as registered; `none`: none is known of',
  })
  @MayBeAbsent()
  @IsIn(PLANT_GROUPS)
  readonly plant?: PlantGroup;

  @ApiPropertyOptional({ description: 'Contracted power of this much at least, W', minimum: 0 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(POWER_MAX_W)
  readonly fromPowerW?: number;

  @ApiPropertyOptional({ description: 'Contracted power of less than this, W', minimum: 1 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(POWER_MAX_W)
  readonly belowPowerW?: number;
}

/** Delivery days, and which page of PoDs. */
export class KpiPodsDto extends IntersectionType(KpiDaysDto, PageDto) {}

/** Which year. */
export class KpiYearDto {
  @ApiProperty({ example: 2026, minimum: 2000, maximum: 2999 })
  @Type(() => Number)
  @IsInt()
  @Min(2_000)
  @Max(2_999)
  readonly year!: number;
}

/** Why a PoD distorts an indicator, or does no longer. */
export class KpiExclusionDto {
  @ApiProperty({ maxLength: 500, example: 'Its meter has counted backwards since May.' })
  @IsString()
  @MaxLength(500)
  readonly reason!: string;
}
