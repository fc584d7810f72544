import { PageDto } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';

/** Which violations. */
export class ViolationQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: ['true'], description: 'Only those not resolved yet' })
  @IsOptional()
  @IsIn(['true'])
  readonly open?: 'true';

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  readonly sessionId?: string;
}
