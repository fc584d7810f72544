import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { NOTIFICATION_KINDS, type NotificationKind } from '@flexledger/domain';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsInt, Max, Min } from 'class-validator';

/** How far back. */
export class NotificationDaysDto {
  @ApiPropertyOptional({
    minimum: 1,
    maximum: 31,
    default: 7,
    description: 'Delivery days back from tomorrow',
  })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(31)
  readonly days?: number;
}

/** What was read. */
export class ReadUpToDto {
  @ApiProperty({ example: '2026-03-17T10:00:00Z', description: '`at` of the newest one seen' })
  @IsInstant()
  readonly upTo!: string;
}

/** What a customer wants to be told of. */
export class PreferencesDto {
  @ApiProperty({
    enum: NOTIFICATION_KINDS,
    isArray: true,
    example: ['activationBegun', 'economicResult'],
    description: 'Kinds that are listed from now on; empty: nothing',
  })
  @IsArray()
  @ArrayMaxSize(NOTIFICATION_KINDS.length)
  @ArrayUnique()
  @IsIn(NOTIFICATION_KINDS, { each: true })
  readonly kinds!: NotificationKind[];
}
