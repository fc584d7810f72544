import type { RowValidation } from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsObject, IsString, MaxLength } from 'class-validator';

/** Which outcome rows are said of. */
export class ValidatedOutcomeDto {
  @ApiProperty({ example: 'realTime-2026-03-17T11:00Z/0' })
  @IsString()
  @MaxLength(200)
  readonly outcomeId!: string;
}

/** The DSO's word on one outcome. */
export class ValidationDto {
  @ApiProperty({ example: 'realTime-2026-03-17T11:00Z/0' })
  @IsString()
  readonly outcomeId!: string;

  @ApiProperty({
    description: 'Rows that are not permitted whole; a row that is not listed is OK',
    type: 'array',
    items: {
      type: 'object',
      required: ['index', 'status', 'permittedW', 'violatedElement'],
      properties: {
        index: { type: 'integer', description: 'Row of the outcome, from 0' },
        status: { enum: ['partial', 'KO'] },
        permittedW: { type: 'array', items: { type: 'integer' }, description: 'by MTU of the row' },
        violatedElement: { type: 'string' },
      },
    },
  })
  @IsArray()
  @ArrayMaxSize(100_000)
  @IsObject({ each: true })
  readonly exceptions!: RowValidation[];
}
