import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';

/** Which MTU of a session. */
export class PowerFlowQueryDto {
  @ApiProperty({ minimum: 0, maximum: 99, example: 48 })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(99)
  readonly mtu!: number;
}

/** Which violations. */
export class ViolationQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: ['true'], description: 'Only those not resolved yet' })
  @MayBeAbsent()
  @IsIn(['true'])
  readonly open?: 'true';

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  readonly sessionId?: string;
}
