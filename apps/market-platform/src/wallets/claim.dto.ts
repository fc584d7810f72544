import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

/** Which contract is claimed from. */
export class ClaimQueryDto {
  @ApiPropertyOptional({
    pattern: '^0x[0-9a-fA-F]{40}$',
    description:
      'Address of a token contract that the log has or had; the one in force when absent',
  })
  @IsOptional()
  @Matches(/^0x[0-9a-fA-F]{40}$/)
  readonly tokenContract?: string;
}
