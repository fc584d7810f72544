import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';

/** Gates are open for hours; what leaves later than this leaves nobody time to answer. */
const LONGEST_MINUTES = 240;

/** How the platform computes from the next session on. */
export class ComputationParametersDto {
  @ApiProperty({ description: 'After a gate opens, when its session is forecast' })
  @IsInt()
  @Min(0)
  @Max(LONGEST_MINUTES)
  readonly forecastMinutes!: number;

  @ApiProperty({ description: 'After the forecast, when the requests leave' })
  @IsInt()
  @Min(0)
  @Max(LONGEST_MINUTES)
  readonly reviewMinutes!: number;

  @ApiProperty({ description: 'Why they are to be so; the log keeps it' })
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  readonly reason!: string;
}
