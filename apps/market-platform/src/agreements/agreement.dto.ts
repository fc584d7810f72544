import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';

/** The terms of an agreement. */
export class TermsDto {
  @ApiProperty({ example: 'AGG1' })
  @IsString()
  @Length(1, 100)
  readonly aggregatorId!: string;

  @ApiProperty({
    minimum: 0,
    maximum: 1_000,
    description: 'Part of the pay that is the customer’s',
  })
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly customerSharePerMille!: number;

  @ApiProperty({
    minimum: 0,
    maximum: 1_000,
    description: 'Part of a penalty that the customer bears',
  })
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly customerPenaltySharePerMille!: number;

  @ApiProperty({ description: 'Account of the aggregator on the chain, 0x and 40 hex digits' })
  @Matches(/^0x[0-9a-fA-F]{40}$/, { message: '$property must be 0x and 40 hex digits' })
  readonly aggregatorWallet!: string;
}

/** Why an agreement is refused or ended. */
export class ReasonDto {
  @ApiProperty({ maxLength: 500 })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

export const AGREEMENT_STATUSES = ['proposed', 'inForce', 'refused', 'ended'] as const;

/** Which agreements. */
export class AgreementQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: AGREEMENT_STATUSES })
  @MayBeAbsent()
  @IsIn(AGREEMENT_STATUSES)
  readonly status?: (typeof AGREEMENT_STATUSES)[number];
}
