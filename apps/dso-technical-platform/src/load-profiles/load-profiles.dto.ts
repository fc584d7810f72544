import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

/** Why profiles are reworked before the month is over. */
export class ReworkDto {
  @ApiProperty({ example: 'the holidays have begun', minLength: 1, maxLength: 500 })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}
