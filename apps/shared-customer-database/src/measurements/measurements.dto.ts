import { IsInstant } from '@flexledger/service-kit';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsString, MaxLength, Min } from 'class-validator';

/** A stretch of time. */
export class MeasurementQueryDto {
  @ApiProperty({ example: '2026-03-16T23:00:00Z', description: 'First instant, included' })
  @IsInstant()
  readonly from!: string;

  @ApiProperty({ example: '2026-03-17T23:00:00Z', description: 'Last instant, excluded' })
  @IsInstant()
  readonly to!: string;
}

/** Some PoDs and a stretch of time. */
export class MeasurementsOfPodsDto {
  @ApiProperty({ type: [String], maxItems: 1_000 })
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly podIds!: string[];

  @ApiProperty({ description: 'First instant, included; ms since 1970 UTC' })
  @IsInt()
  @Min(0)
  readonly fromMs!: number;

  @ApiProperty({ description: 'Last instant, excluded' })
  @IsInt()
  @Min(0)
  readonly untilMs!: number;
}
