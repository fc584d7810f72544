import { type DataSet, DATA_SETS } from '@flexledger/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsString, Length } from 'class-validator';
import { PageDto } from '../http/page.dto';
import { MayBeAbsent } from '../http/validation';

/** What is granted. */
export class DataSetsDto {
  @ApiProperty({ enum: DATA_SETS, isArray: true, example: ['measurements'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(DATA_SETS.length)
  @IsIn(DATA_SETS, { each: true })
  readonly dataSets!: DataSet[];
}

/** What is asked for. */
export class AccessRequestDto extends DataSetsDto {
  @ApiProperty({ maxLength: 500, description: 'What for; the owner reads it before it answers' })
  @IsString()
  @Length(1, 500)
  readonly purpose!: string;
}

/** Why access is revoked or refused. */
export class AccessReasonDto {
  @ApiProperty({ maxLength: 500 })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

const ACCESS_STATUSES = ['requested', 'granted', 'revoked', 'refused'] as const;

/** Which of what one may read, or asked for. */
export class DataAccessQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: ACCESS_STATUSES })
  @MayBeAbsent()
  @IsIn(ACCESS_STATUSES)
  readonly status?: (typeof ACCESS_STATUSES)[number];

  @ApiPropertyOptional({ description: 'Code of a PoD, or `grid`' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly source?: string;
}
