import {
  FLEXIBILITY_TYPES,
  type PodConnection,
  SUPPLY_KINDS,
  type SupplyHint,
  VOLTAGE_LEVELS,
} from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, ValidateIf } from 'class-validator';

/** By what the DSO finds the PoD's bus. */
export class SupplyDto implements SupplyHint {
  @ApiProperty({
    enum: SUPPLY_KINDS,
    description: 'supplyPoint: a bus of its model; feeder: a line or transformer it hangs below',
  })
  @IsIn(SUPPLY_KINDS)
  readonly by!: SupplyHint['by'];

  @ApiProperty({ example: 'bus18' })
  @IsString()
  @Length(1, 100)
  readonly code!: string;
}

/** The rest of what is known of a PoD (D2.4 table 3); 0 where there is none of it. */
export class ConnectionDto implements PodConnection {
  @ApiProperty({ example: 'Rome' })
  @IsString()
  @Length(1, 100)
  readonly zone!: string;

  @ApiProperty({ enum: VOLTAGE_LEVELS })
  @IsIn(VOLTAGE_LEVELS)
  readonly voltageLevel!: PodConnection['voltageLevel'];

  @ApiProperty({ description: 'pnP: most that may be withdrawn' })
  @IsInt()
  readonly withdrawalLimitW!: number;

  @ApiProperty({ description: 'inP: most that may be fed in' })
  @IsInt()
  readonly feedInLimitW!: number;

  @ApiProperty({ description: 'inQ' })
  @IsInt()
  readonly inductiveLimitVar!: number;

  @ApiProperty({ description: 'cnQ' })
  @IsInt()
  readonly capacitiveLimitVar!: number;

  @ApiProperty({ enum: FLEXIBILITY_TYPES })
  @IsIn(FLEXIBILITY_TYPES)
  readonly flexibilityType!: PodConnection['flexibilityType'];

  @ApiProperty({ nullable: true, type: String, description: "null = the market's own settlement" })
  @ValidateIf((_, value) => value !== null)
  @IsString()
  @Length(1, 100)
  readonly smartContractId!: string | null;

  @ApiProperty()
  @IsString()
  @Length(1, 100)
  readonly meterSerialNumber!: string;

  @ApiProperty({ example: 2 })
  @IsInt()
  readonly meterGeneration!: number;

  @ApiProperty()
  @IsInt()
  readonly storageW!: number;

  @ApiProperty()
  @IsInt()
  readonly storageWh!: number;

  @ApiProperty()
  @IsInt()
  readonly evChargerW!: number;

  @ApiProperty()
  @IsInt()
  readonly cogenerationW!: number;
}
