import { PageDto } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Length, MaxLength } from 'class-validator';

/** Who somebody is. */
export class PersonDto {
  @ApiPropertyOptional({
    example: 'aggregator:AGG1',
    description: 'Who keeps the record; yourself where absent',
  })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  readonly holder?: string;

  @ApiProperty()
  @IsString()
  @Length(1, 200)
  readonly name!: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly address?: string;

  @ApiPropertyOptional({ description: 'E-mail address or telephone number' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  readonly contact?: string;

  @ApiPropertyOptional({ type: [String], description: 'Connections that are the person’s' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly podIds?: string[];

  @ApiPropertyOptional({ description: 'The person’s sign-in' })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  readonly userId?: string;
}

/** Whose records. */
export class PersonQueryDto extends PageDto {
  @ApiPropertyOptional({ example: 'aggregator:AGG1' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly holder?: string;
}
