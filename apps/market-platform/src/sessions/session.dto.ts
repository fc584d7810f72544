import { IsDay, MayBeAbsent, PageDto } from '@flexledger/service-kit';
import type { MarketSessionStatus, SessionKind } from '@flexledger/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';

const KINDS: readonly SessionKind[] = ['dayAhead', 'realTime'];
const STATUSES: readonly MarketSessionStatus[] = [
  'scheduled',
  'open',
  'closed',
  'cleared',
  'validating',
  'validated',
  'published',
  'cancelled',
];

/** Which sessions. */
export class SessionQueryDto extends PageDto {
  @ApiPropertyOptional({ description: 'Civil day of delivery', example: '2026-03-17' })
  @MayBeAbsent()
  @IsDay()
  readonly date?: string;

  @ApiPropertyOptional({ description: 'First civil day of delivery', example: '2026-03-01' })
  @MayBeAbsent()
  @IsDay()
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Last civil day of delivery', example: '2026-03-31' })
  @MayBeAbsent()
  @IsDay()
  readonly to?: string;

  @ApiPropertyOptional({ enum: KINDS })
  @MayBeAbsent()
  @IsIn(KINDS)
  readonly kind?: SessionKind;

  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: MarketSessionStatus;
}

/** The civil day whose sessions are put into the calendar. */
export class SchedulingDto {
  @ApiProperty({ example: '2026-03-17', format: 'date', description: 'Civil day of delivery' })
  @IsDay()
  readonly deliveryDay!: string;
}

/** Why a session is ended without a result; everyone may read it. */
export class CancellationDto {
  @ApiProperty({ example: 'Grid model under revision', minLength: 1, maxLength: 500 })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}
