import { MayBeAbsent, IsDay } from '@flexledger/service-kit';
import {
  CUSTOMER_KINDS,
  type CustomerKind,
  type DayCurve,
  POD_SERVICES,
  type PodService,
  type Requester,
} from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { ConnectionDto, SupplyDto } from '../pods/connection.dto';
import { IsCurveForm } from '../pods/curve.dto';

/** Commands, and PoDs, of one request. */
const AT_ONCE_MAX = 1_000;
const ORIGINS = ['byHand', 'imported', 'forecast'] as const;
const KINDS = [
  'registerPod',
  'changePodDetails',
  'locatePod',
  'declareFlexibility',
  'declareBaseline',
  'changeAvailability',
  'changeAutomaticOffers',
  'nameServices',
  'qualifyService',
  'refuseService',
  'unregisterPod',
] as const;

/**
 * A command of the register. Here its form is checked; what the values may be says the register, for
 * each command by itself.
 */
class PodCommandDto {
  @ApiProperty({ enum: KINDS })
  @IsIn(KINDS)
  readonly kind!: (typeof KINDS)[number];

  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  @Length(1, 100)
  readonly podId!: string;
}

class DetailsCommandDto extends PodCommandDto {
  @IsString() @Length(1, 100) readonly aggregatorId!: string;
  @IsIn(CUSTOMER_KINDS) readonly customerKind!: CustomerKind;
  @IsInt() readonly contractedPowerW!: number;
  @IsInt() readonly annualEnergyKwh!: number;
  @IsInt() readonly pvPeakW!: number;
  @IsString() @MaxLength(100) readonly wallet!: string;
  @MayBeAbsent() @ValidateNested() @Type(() => SupplyDto) readonly supply?: SupplyDto;
  @MayBeAbsent() @ValidateNested() @Type(() => ConnectionDto) readonly connection?: ConnectionDto;
}

class LocatePodDto extends PodCommandDto {
  @IsString() @Length(1, 100) readonly gridId!: string;
  @IsString() @Length(1, 100) readonly busId!: string;
  @IsString() @Length(1, 100) readonly pom!: string;
}

class DeclareFlexibilityDto extends PodCommandDto {
  @IsCurveForm() readonly upW!: DayCurve;
  @IsCurveForm() readonly downW!: DayCurve;
  @IsCurveForm() readonly upVar!: DayCurve;
  @IsCurveForm() readonly downVar!: DayCurve;
}

class DeclareBaselineDto extends PodCommandDto {
  @IsDay() readonly deliveryDay!: string;
  @IsInt() readonly mtuCount!: number;
  @IsArray() @ArrayMaxSize(100) @IsInt({ each: true }) readonly baselineW!: number[];
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsInt({ each: true })
  readonly baselineVar?: number[];
  @IsIn(ORIGINS) readonly origin!: (typeof ORIGINS)[number];
}

class ChangeAvailabilityDto extends PodCommandDto {
  @IsDay() readonly deliveryDay!: string;
  @IsBoolean() readonly available!: boolean;
}

class ChangeAutomaticOffersDto extends PodCommandDto {
  @IsBoolean() readonly automaticOffers!: boolean;
}

class NameServicesDto extends PodCommandDto {
  @IsArray() @ArrayMaxSize(10) @IsIn(POD_SERVICES, { each: true }) readonly services!: PodService[];
}

class QualifyServiceDto extends PodCommandDto {
  @IsIn(POD_SERVICES) readonly service!: PodService;
  @IsIn(['DSO', 'TSO']) readonly requester!: Requester;
}

class RefuseServiceDto extends QualifyServiceDto {
  @IsString() @Length(1, 1_000) readonly reason!: string;
}

class UnregisterPodDto extends PodCommandDto {
  @IsString() @Length(1, 1_000) readonly reason!: string;
}

/** Commands by their kind. */
const SUB_TYPES = [
  { name: 'registerPod', value: DetailsCommandDto },
  { name: 'changePodDetails', value: DetailsCommandDto },
  { name: 'locatePod', value: LocatePodDto },
  { name: 'declareFlexibility', value: DeclareFlexibilityDto },
  { name: 'declareBaseline', value: DeclareBaselineDto },
  { name: 'changeAvailability', value: ChangeAvailabilityDto },
  { name: 'changeAutomaticOffers', value: ChangeAutomaticOffersDto },
  { name: 'nameServices', value: NameServicesDto },
  { name: 'qualifyService', value: QualifyServiceDto },
  { name: 'refuseService', value: RefuseServiceDto },
  { name: 'unregisterPod', value: UnregisterPodDto },
];

/** A list of commands. */
export class RegisterChangesDto {
  @ApiProperty({ type: [PodCommandDto], description: 'Each with the fields of its kind' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(AT_ONCE_MAX)
  @ValidateNested({ each: true })
  @Type(() => PodCommandDto, {
    discriminator: { property: 'kind', subTypes: SUB_TYPES },
    keepDiscriminatorProperty: true,
  })
  readonly commands!: PodCommandDto[];
}

/** PoDs and points of measurement. */
export class LookUpDto {
  @ApiProperty({ type: [String], maxItems: AT_ONCE_MAX })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly podIds!: string[];

  @ApiProperty({ type: [String], maxItems: AT_ONCE_MAX })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly poms!: string[];
}

/** PoDs and a day. */
export class BaselinesOfPodsDto {
  @ApiProperty({ type: [String], maxItems: AT_ONCE_MAX })
  @IsArray()
  @ArrayMaxSize(AT_ONCE_MAX)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly podIds!: string[];

  @ApiProperty({ example: '2026-03-17' })
  @IsDay()
  readonly deliveryDay!: string;
}
