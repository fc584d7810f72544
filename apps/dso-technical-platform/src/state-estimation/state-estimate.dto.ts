import { IsInstant, PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsObject } from 'class-validator';

/** Measurements of one quarter-hour, of all kinds together. */
export class StateEstimateDto {
  @ApiProperty({
    example: '2026-03-17T09:15:00Z',
    description: 'Begin of the quarter-hour they are of; measurements within it count for its mean',
  })
  @IsInstant()
  readonly at!: string;

  @ApiProperty({
    type: 'array',
    maxItems: 20_000,
    description:
      'Of SCADA, AMR and PMU together, as `flexledger-measurements/1` has them. Kinds of a bus ' +
      '(`vmPu`, `vaDegree`, `pInjectionMw`, `qInjectionMvar`: generation less consumption) name ' +
      '`bus`; kinds of a line or transformer (`pFlowMw`, `qFlowMvar`, `iKa`, `iaDegree`) name ' +
      '`element` and `side` (`from` is the HV side). `sigma` is the standard deviation, in the ' +
      'unit of the value. The list may be empty: the platform adds its own.',
    items: {
      type: 'object',
      required: ['id', 'kind', 'value', 'sigma'],
      properties: {
        id: { type: 'string' },
        source: { type: 'string', enum: ['scada', 'amr', 'pmu', 'pseudo'], default: 'scada' },
        kind: {
          type: 'string',
          enum: [
            ...['vmPu', 'vaDegree', 'pInjectionMw', 'qInjectionMvar'],
            ...['pFlowMw', 'qFlowMvar', 'iKa', 'iaDegree'],
          ],
        },
        bus: { type: 'string' },
        element: { type: 'string' },
        side: { type: 'string', enum: ['from', 'to'] },
        value: { type: 'number' },
        sigma: { type: 'number', exclusiveMinimum: true, minimum: 0 },
      },
    },
  })
  @IsArray()
  @ArrayMaxSize(20_000)
  @IsObject({ each: true })
  readonly measurements!: object[];
}

/** Which estimates. */
export class StateEstimateQueryDto extends PageDto {
  @ApiPropertyOptional({ description: 'From this instant on' })
  @MayBeAbsent()
  @IsInstant()
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Before this instant' })
  @MayBeAbsent()
  @IsInstant()
  readonly below?: string;
}
