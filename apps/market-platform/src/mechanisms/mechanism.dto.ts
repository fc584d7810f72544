import {
  CUSTOMER_KINDS,
  type CustomerKind,
  VOLTAGE_LEVELS,
  type VoltageLevel,
} from '@flexledger/domain';
import { MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { TermsDto } from '../agreements/agreement.dto';

const PODS_MAX = 1_000;

/** Which PoDs a mechanism is for. */
export class MechanismClusterDto {
  @ApiPropertyOptional({ description: 'These PoDs alone', example: ['IT002E60000001'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(PODS_MAX)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  readonly podIds?: string[];

  @ApiPropertyOptional({ enum: CUSTOMER_KINDS })
  @MayBeAbsent()
  @IsIn(CUSTOMER_KINDS)
  readonly customerKind?: CustomerKind;

  @ApiPropertyOptional({ enum: VOLTAGE_LEVELS, description: 'Of the connection' })
  @MayBeAbsent()
  @IsIn(VOLTAGE_LEVELS)
  readonly voltageLevel?: VoltageLevel;

  @ApiPropertyOptional({ description: 'Contracted power at least, W' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(2 ** 31 - 1)
  readonly fromPowerW?: number;

  @ApiPropertyOptional({ description: 'Contracted power below, W' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(2 ** 31 - 1)
  readonly belowPowerW?: number;
}

/** A settlement mechanism. */
export class MechanismDto extends TermsDto {
  @ApiProperty({ example: 'Households, seven tenths' })
  @IsString()
  @Length(1, 100)
  readonly name!: string;

  @ApiProperty({ description: 'Empty: all PoDs of the aggregator' })
  @IsObject()
  @ValidateNested()
  @Type(() => MechanismClusterDto)
  readonly cluster!: MechanismClusterDto;
}

/** To whom agreements are proposed. */
export class MechanismProposalsDto {
  @ApiPropertyOptional({
    description: 'Absent = all registered PoDs of the cluster',
    example: ['IT002E60000001'],
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(PODS_MAX)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  readonly podIds?: string[];
}

/** Which mechanisms. */
export class MechanismQueryDto extends PageDto {
  @ApiPropertyOptional({ description: 'Those that are for this PoD, and still offered' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly podId?: string;
}
