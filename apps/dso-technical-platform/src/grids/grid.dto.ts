import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** Which violations. */
export class ViolationQueryDto {
  @ApiPropertyOptional({ enum: ['true'], description: 'Only those not resolved yet' })
  @IsOptional()
  @IsIn(['true'])
  readonly open?: 'true';

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  readonly sessionId?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: 100, description: 'Forecasts' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;

  @ApiPropertyOptional({ description: '`next` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  readonly cursor?: string;
}
