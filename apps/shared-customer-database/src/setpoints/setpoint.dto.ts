import type { ActivationDocument } from '@flexledger/projections';
import { IsInstant, MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsString,
  ValidateNested,
} from 'class-validator';

/** Most MTUs of a window: the longest civil day. */
const MTUS_MAX = 100;
const SETPOINTS_MAX = 1_000;

/** The target of one PoD for one delivery window. */
export class SetpointDto {
  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  readonly podId!: string;

  @ApiProperty({ example: '2026-03-17T11:00:00Z', description: 'Start of a quarter-hour' })
  @IsInstant()
  readonly windowStart!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', nullable: true },
    description: 'W at the PoD by MTU, withdrawal positive; null where the plant is free',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MTUS_MAX)
  readonly targetW!: (number | null)[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', nullable: true },
    description: 'var by MTU; free where it is left out',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MTUS_MAX)
  readonly targetVar?: (number | null)[];
}

/** Setpoints of an aggregator, for its own PoDs. */
export class SetpointsDto {
  @ApiProperty({ type: [SetpointDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SETPOINTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => SetpointDto)
  readonly setpoints!: SetpointDto[];
}

const STATUSES: readonly ActivationDocument['status'][] = [
  'issued',
  'carried',
  'received',
  'applied',
  'failed',
];

/** Which setpoints. */
export class SetpointQueryDto extends PageDto {
  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  readonly podId?: string;

  @ApiPropertyOptional({ example: '2026-03-17T11:00:00Z' })
  @MayBeAbsent()
  @IsInstant()
  readonly windowStart?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: ActivationDocument['status'];
}
