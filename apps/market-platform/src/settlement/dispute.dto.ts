import { DISPUTED_ROWS_SHOWN } from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

const NULL_WHERE_UNKNOWN = 'micro-euro; null where there is no such row';

/** A row on which an aggregator comes to other money. */
export class DisputedRowDto {
  @ApiProperty()
  @IsString()
  @Length(1, 100)
  readonly offerId!: string;

  @ApiProperty()
  @IsString()
  @Length(1, 100)
  readonly requestId!: string;

  @ApiProperty({ example: 'IT002E60000001' })
  @IsString()
  @Length(1, 100)
  readonly podId!: string;

  @ApiProperty({ type: Number, nullable: true, description: NULL_WHERE_UNKNOWN })
  @ValidateIf((row: DisputedRowDto) => row.settledMicroEur !== null)
  @IsInt()
  readonly settledMicroEur!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: NULL_WHERE_UNKNOWN })
  @ValidateIf((row: DisputedRowDto) => row.expectedMicroEur !== null)
  @IsInt()
  readonly expectedMicroEur!: number | null;

  @ApiProperty({ maxLength: 500, description: 'The first MTU on which they differ, and in what' })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

/** An aggregator's own computation of a settlement, as far as it differs. Whose it is says the token. */
export class DisputeDto {
  @ApiProperty({ minimum: 0, description: '0 is the first settlement, then its corrections' })
  @IsInt()
  @Min(0)
  readonly correction!: number;

  @ApiProperty({ description: 'Net of all your rows as settled, micro-euro' })
  @IsInt()
  readonly settledMicroEur!: number;

  @ApiProperty({ description: 'Net of all your rows as you compute them, micro-euro' })
  @IsInt()
  readonly expectedMicroEur!: number;

  @ApiProperty({ minimum: 1, description: 'How many rows differ' })
  @IsInt()
  @Min(1)
  readonly disputedRows!: number;

  @ApiProperty({ type: [DisputedRowDto], maxItems: DISPUTED_ROWS_SHOWN })
  @IsArray()
  @ArrayMaxSize(DISPUTED_ROWS_SHOWN)
  @ValidateNested({ each: true })
  @Type(() => DisputedRowDto)
  readonly rows!: DisputedRowDto[];
}
