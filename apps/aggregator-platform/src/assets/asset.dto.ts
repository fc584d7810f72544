import { ASSET_PARTS_MAX, ASSET_PODS_MAX } from '@flexledger/domain';
import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, MaxLength } from 'class-validator';

/** What an asset is made of. */
export class AssetDto {
  @ApiProperty({ example: 'Roofs of the north' })
  @IsString()
  readonly name!: string;

  @ApiPropertyOptional({ type: [String], example: ['IT002E60000001'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(ASSET_PODS_MAX)
  @IsString({ each: true })
  @MaxLength(40, { each: true })
  readonly podIds: string[] = [];

  @ApiPropertyOptional({ type: [String], description: 'Other assets, which exist already' })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(ASSET_PARTS_MAX)
  @IsString({ each: true })
  @MaxLength(40, { each: true })
  readonly assetIds: string[] = [];
}
