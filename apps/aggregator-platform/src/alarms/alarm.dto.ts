import { ALARM_KINDS, ALARM_WORDS_MAX, type AlarmKind } from '@flexledger/domain';
import { MayBeAbsent, PageDto } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';

const STATUSES = ['open', 'acknowledged', 'ended'] as const;

/** Which alarms. */
export class AlarmPageDto extends PageDto {
  @ApiPropertyOptional({ enum: STATUSES, description: '`open`: nobody has seen to it yet' })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ enum: ALARM_KINDS })
  @MayBeAbsent()
  @IsIn(ALARM_KINDS)
  readonly kind?: AlarmKind;
}

/** What is said of an alarm: one of the two. */
export class AcknowledgementDto {
  @ApiPropertyOptional({ example: 'called the customer', description: 'What was done about it' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(ALARM_WORDS_MAX)
  readonly action?: string;

  @ApiPropertyOptional({ example: 'on holiday', description: 'Why nothing is done about it' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(ALARM_WORDS_MAX)
  readonly reason?: string;
}
