import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';

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
