import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

/** Whose power. */
export class PowerQueryDto {
  @ApiPropertyOptional({
    example: 'IT002E60000001',
    description: 'Absent = all that are yours to see',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly podId?: string;
}
