import { IsInstant, MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';

/** Which quarter-hour, and which page of PoDs. */
export class QuarterHourPackageDto extends PageDto {
  @ApiPropertyOptional({
    example: '2026-03-17T10:00:00Z',
    description: 'Its beginning; the last one that is over where absent',
  })
  @MayBeAbsent()
  @IsInstant()
  readonly quarterHour?: string;
}
