import { IsInstant, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';
import { TARIFFS_MAX, TARIFF_COLUMNS, TARIFF_FORMATS, type TariffFormat } from './parse-tariffs';

/** A row has some 120 characters. */
const FILE_CHARACTERS_MAX = 1_000_000;

/** A file of tariffs. */
export class TariffFileDto {
  @ApiProperty({ example: 'tariffs-2026-03.csv', description: 'Name of the file' })
  @IsString()
  @Length(1, 100)
  readonly source!: string;

  @ApiPropertyOptional({ enum: TARIFF_FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsIn(TARIFF_FORMATS)
  readonly format?: TariffFormat;

  @ApiProperty({
    example: `${TARIFF_COLUMNS.join()}\nwithdrawal,,2026-03-17T00:00:00Z,2026-03-18T00:00:00Z,42000\n`,
    description:
      'CSV, or a workbook in base64, of which the first sheet counts; an empty zone is the whole grid; ' +
      `at most ${TARIFFS_MAX} rows, taken whole or not at all`,
  })
  @IsString()
  @Length(1, FILE_CHARACTERS_MAX)
  readonly text!: string;
}

/** Which tariffs. */
export class TariffQueryDto {
  @ApiPropertyOptional({ example: '2026-03-17T00:00:00Z', description: 'They end after it' })
  @MayBeAbsent()
  @IsInstant()
  readonly from?: string;

  @ApiPropertyOptional({ example: '2026-03-18T00:00:00Z', description: 'They begin before it' })
  @MayBeAbsent()
  @IsInstant()
  readonly to?: string;
}
