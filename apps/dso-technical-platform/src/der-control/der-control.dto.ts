import { IsInstant } from '@flexledger/service-kit';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

/** Two days of quarter-hours. */
const MTUS_MAX = 192;

/** Which quarter-hours distributed resources are to be controlled in. */
export class DerControlDto {
  @ApiProperty({ example: '2026-03-17T10:00:00Z', description: 'The begin of a quarter-hour' })
  @IsInstant()
  readonly from!: string;

  @ApiProperty({ example: 16, description: 'How many quarter-hours' })
  @IsInt()
  @Min(1)
  @Max(MTUS_MAX)
  readonly mtuCount!: number;
}
