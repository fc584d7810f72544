import {
  CUSTOMER_KINDS,
  type CustomerKind,
  type DayCurve,
  type DeclaredFlexibility,
  POD_SERVICES,
  type PodService,
} from '@flexledger/domain';
import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { ConnectionDto, SupplyDto } from './connection.dto';
import { CurveProperty, IsCurve } from './curve.dto';

/** A connection as its aggregator registers it. */
export class PodDetailsDto {
  @ApiProperty({ example: 'AGG1', description: 'Yourself' })
  @IsString()
  @Length(1, 100)
  readonly aggregatorId!: string;

  @ApiProperty({ enum: CUSTOMER_KINDS })
  @IsIn(CUSTOMER_KINDS)
  readonly customerKind!: CustomerKind;

  @ApiProperty({ example: 3_000 })
  @IsInt()
  @Min(0)
  readonly contractedPowerW!: number;

  @ApiProperty({ example: 2_700 })
  @IsInt()
  @Min(0)
  readonly annualEnergyKwh!: number;

  @ApiProperty({ example: 0, description: '0 without a PV plant' })
  @IsInt()
  @Min(0)
  readonly pvPeakW!: number;

  @ApiProperty({ example: '0x00000000000000000000000000000000000000aa' })
  @IsString()
  readonly wallet!: string;

  @ApiPropertyOptional({ type: SupplyDto, description: 'Without it the DSO goes by its own rule' })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => SupplyDto)
  readonly supply?: SupplyDto;

  @ApiPropertyOptional({ type: ConnectionDto })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ConnectionDto)
  readonly connection?: ConnectionDto;
}

/** A PoD to be registered. */
export class PodDto extends PodDetailsDto {
  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  readonly podId!: string;
}

/** Where the DSO's model has a PoD. */
export class LocationDto {
  @ApiProperty({ example: 'ieee33' })
  @IsString()
  @Length(1, 100)
  readonly gridId!: string;

  @ApiProperty({ example: 'bus17' })
  @IsString()
  @Length(1, 100)
  readonly busId!: string;

  @ApiProperty({ example: 'PS-bus0', description: 'Primary substation the PoD hangs under' })
  @IsString()
  @Length(1, 100)
  readonly pom!: string;
}

/** Most power a PoD can move in any one MTU. */
export class FlexibilityDto implements DeclaredFlexibility {
  @CurveProperty()
  @IsCurve()
  readonly upW!: DayCurve;

  @CurveProperty()
  @IsCurve()
  readonly downW!: DayCurve;

  @CurveProperty()
  @IsCurve()
  readonly upVar!: DayCurve;

  @CurveProperty()
  @IsCurve()
  readonly downVar!: DayCurve;
}

/** The services that a PoD can perform. */
export class ServicesDto {
  @ApiProperty({ enum: POD_SERVICES, isArray: true, example: ['congestionManagement'] })
  @IsArray()
  @ArrayMaxSize(10)
  @IsIn(POD_SERVICES, { each: true })
  readonly services!: PodService[];
}

/** What a system operator says of a service. */
export class QualificationDto {
  @ApiProperty({ enum: ['qualified', 'refused'] })
  @IsIn(['qualified', 'refused'])
  readonly status!: 'qualified' | 'refused';

  @ApiPropertyOptional({
    description: 'Why it is refused',
    example: 'The meter is read once a day.',
  })
  @ValidateIf(
    ({ status, reason }: QualificationDto) => status === 'refused' || reason !== undefined,
  )
  @IsString()
  @Length(1, 1_000)
  readonly reason?: string;
}

const ORIGINS = ['byHand', 'imported', 'forecast'] as const;

/** A baseline of one delivery day. */
export class BaselineDto {
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

  @ApiProperty({ enum: ORIGINS })
  @IsIn(ORIGINS)
  readonly origin!: (typeof ORIGINS)[number];
}

/** The customer's switch for one delivery day. */
export class AvailabilityDto {
  @ApiProperty()
  @IsBoolean()
  readonly available!: boolean;
}

/** Which baseline. */
export class PlatoneQueryDto {
  @ApiPropertyOptional({ example: '2026-03-17', description: 'Delivery day of the baseline' })
  @MayBeAbsent()
  @IsString()
  readonly day?: string;
}

const STATUSES = ['registered', 'unregistered'] as const;

/** Which PoDs. */
export class PodQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: (typeof STATUSES)[number];

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  readonly aggregatorId?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  readonly gridId?: string;

  @ApiPropertyOptional({ description: 'Primary substation' })
  @MayBeAbsent()
  @IsString()
  readonly pom?: string;
}
