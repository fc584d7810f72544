import { FRAME_ANCESTORS_MAX } from '@flexledger/domain';
import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, MaxLength } from 'class-validator';

/** Which widget is shown to others, until when, and where. */
export class WidgetLinkDto {
  @ApiProperty({ example: 'north' })
  @IsString()
  @Length(1, 40)
  readonly dashboardId!: string;

  @ApiProperty({ example: 'deviation' })
  @IsString()
  @Length(1, 40)
  readonly widgetId!: string;

  @ApiPropertyOptional({ default: 1, description: 'Delivery days, up to that on which it is seen' })
  @MayBeAbsent()
  @IsInt()
  readonly days: number = 1;

  @ApiProperty({ example: '2026-06-17T10:00:00Z', description: 'From then on it shows nothing' })
  @IsInstant()
  readonly expiresAt!: string;

  @ApiPropertyOptional({
    type: [String],
    example: ['https://www.example.org'],
    description: 'Origins whose pages may hold it in a frame; none = it is looked at by itself',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(FRAME_ANCESTORS_MAX)
  @IsString({ each: true })
  @MaxLength(300, { each: true })
  readonly frameAncestors: string[] = [];
}
