import type {
  Direction,
  FlexibilityRequest,
  GridPoint,
  Product,
  Requester,
} from '@flexledger/domain';
import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** Where in the grid the PoDs of a request hang. */
export class GridPointDto implements GridPoint {
  @ApiProperty({ example: 'PS-bus0', maxLength: 100, description: 'The primary substation' })
  @IsString()
  @Length(1, 100)
  readonly pom!: string;

  @ApiPropertyOptional({
    example: 'line0',
    maxLength: 100,
    description: 'The feeder of medium voltage',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly mvFeeder?: string;

  @ApiPropertyOptional({ example: 'trafo4', maxLength: 100 })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly secondarySubstation?: string;
}

/** A system operator's need. The rules of the market judge what the shape leaves open. */
export class RequestDto {
  @ApiProperty({ example: 'DSO-line-4-evening', maxLength: 100 })
  @IsString()
  @Length(1, 100)
  readonly requestId!: string;

  @ApiProperty({ enum: ['DSO', 'TSO'], description: 'Yourself' })
  @IsIn(['DSO', 'TSO'])
  readonly requester!: Requester;

  @ApiProperty({ enum: ['P', 'Q'] })
  @IsIn(['P', 'Q'])
  readonly product!: Product;

  @ApiProperty({ enum: ['up', 'down'], description: 'up: less withdrawn or more fed in' })
  @IsIn(['up', 'down'])
  readonly direction!: Direction;

  @ApiProperty({
    description: 'The PoDs that help (DSO), or everything under a primary substation',
    oneOf: [
      { type: 'object', properties: { podIds: { type: 'array', items: { type: 'string' } } } },
      { type: 'object', properties: { pom: { type: 'string' } } },
    ],
  })
  @IsObject()
  readonly scope!: FlexibilityRequest['scope'];

  @ApiPropertyOptional({ description: 'What the named PoDs hang below; a DSO says it' })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => GridPointDto)
  readonly gridPoint?: GridPointDto;

  @ApiProperty({ type: [Number], description: 'W (var where product is Q) by MTU of the session' })
  @IsArray()
  @ArrayMaxSize(100)
  @IsInt({ each: true })
  readonly quantityW!: number[];

  @ApiProperty({ type: Number, nullable: true, description: 'Dearer offers do not serve it' })
  @ValidateIf((request: RequestDto) => request.priceCapMicroEurPerKwh !== null)
  @IsInt()
  @Min(0)
  @Max(100_000_000)
  readonly priceCapMicroEurPerKwh!: number | null;
}
