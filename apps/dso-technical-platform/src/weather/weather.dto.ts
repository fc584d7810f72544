import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsObject,
  IsString,
  MaxLength,
} from 'class-validator';

/** Weather over a grid, hour by hour. */
export class WeatherDto {
  @ApiPropertyOptional({ description: 'Who says so', default: 'rest' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  readonly source?: string;

  @ApiProperty({
    type: 'array',
    maxItems: 2_208,
    description:
      'Means over the hours that begin at `time`; what is reported of an hour last counts',
    items: {
      type: 'object',
      required: ['time', 'globalIrradianceWPerM2', 'temperatureC', 'windSpeedMPerS'],
      properties: {
        time: { type: 'string', format: 'date-time', example: '2026-03-17T10:00:00Z' },
        globalIrradianceWPerM2: { type: 'number', description: 'On the horizontal' },
        temperatureC: { type: 'number' },
        windSpeedMPerS: { type: 'number', description: 'At 10 m' },
      },
    },
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(2_208)
  @IsObject({ each: true })
  readonly hours!: object[];
}

/** Which hours. */
export class WeatherQueryDto {
  @ApiProperty({ example: '2026-03-17T00:00:00Z' })
  @IsInstant()
  readonly from!: string;

  @ApiProperty({ example: '2026-03-18T00:00:00Z', description: 'Not included; at most 92 days on' })
  @IsInstant()
  readonly to!: string;
}
