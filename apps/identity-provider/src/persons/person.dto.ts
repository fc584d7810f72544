import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, Length, MaxLength } from 'class-validator';

/** Who somebody is. */
export class PersonDto {
  @ApiPropertyOptional({
    example: 'aggregator:AGG1',
    description: 'Who keeps the record; yourself where absent',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly holder?: string;

  @ApiProperty()
  @IsString()
  @Length(1, 200)
  readonly name!: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  readonly address?: string;

  @ApiPropertyOptional({ description: 'E-mail address or telephone number' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  readonly contact?: string;

  @ApiPropertyOptional({ type: [String], description: 'Connections that are the person’s' })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly podIds?: string[];

  @ApiPropertyOptional({ description: 'The person’s sign-in' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(80)
  readonly userId?: string;
}

/** Whose records. */
export class PersonQueryDto extends PageDto {
  @ApiPropertyOptional({ example: 'aggregator:AGG1' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  readonly holder?: string;
}
