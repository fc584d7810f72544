import type { FlexibilityOffer } from '@flexledger/domain';
import { RowsAsSent } from '@flexledger/service-kit';
import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsString,
  Length,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

/** Rows of one bid; one larger goes as several bids. */
const ROWS_LIMIT = 10_000;

/**
 * Each row is an object that names an offer and a PoD. The rest of a row is judged by the market,
 * row by row: a bad one is refused by name and the others stand.
 */
function IsOfferRow(options: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isOfferRow',
      validator: {
        validate: (row: unknown) => {
          const { offerId, podId } = (row ?? {}) as Partial<FlexibilityOffer>;
          return typeof offerId === 'string' && typeof podId === 'string';
        },
        defaultMessage: () => 'each must be an object with offerId and podId',
      },
    },
    options,
  );
}

/** An aggregator's bid. Whose it is says the token. */
export class BidDto {
  @ApiProperty({ example: 'AGG1-2026-03-17-DA', maxLength: 100 })
  @IsString()
  @Length(1, 100)
  readonly bidId!: string;

  @ApiProperty({
    type: 'array',
    items: {
      type: 'object',
      required: ['offerId', 'podId', 'product', 'direction', 'kind'],
      properties: {
        offerId: { type: 'string', maxLength: 100 },
        podId: { type: 'string', example: 'IT002E60000001' },
        product: { enum: ['P', 'Q'] },
        direction: { enum: ['up', 'down'] },
        kind: { enum: ['single', 'block'] },
        quantityW: {
          description: 'single: by MTU of the session; block: in each of its MTUs',
          oneOf: [{ type: 'array', items: { type: 'integer' } }, { type: 'integer' }],
        },
        priceMicroEurPerKwh: {
          oneOf: [{ type: 'array', items: { type: 'integer' } }, { type: 'integer' }],
        },
        divisible: { type: 'boolean', description: 'single' },
        minQuantityW: { type: 'integer', description: 'single; 0 = none' },
        durationMtus: { type: 'integer', description: 'block' },
        window: {
          type: 'array',
          items: { type: 'integer' },
          description: 'block: first, last MTU',
        },
      },
    },
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(ROWS_LIMIT)
  @IsOfferRow({ each: true })
  @RowsAsSent()
  readonly offers!: FlexibilityOffer[];
}

/** Offers taken back. */
export class WithdrawalDto {
  @ApiProperty({ type: [String] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(ROWS_LIMIT)
  @IsString({ each: true })
  readonly offerIds!: string[];
}
