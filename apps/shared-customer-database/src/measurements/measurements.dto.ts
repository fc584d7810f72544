import { ApiProperty } from '@nestjs/swagger';
import { IsISO8601 } from 'class-validator';

/** A stretch of time. */
export class MeasurementQueryDto {
  @ApiProperty({ example: '2026-03-16T23:00:00Z', description: 'First instant, included' })
  @IsISO8601({ strict: true })
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17T23:00:00Z', description: 'Last instant, excluded' })
  @IsISO8601({ strict: true })
  readonly to!: string;
}
