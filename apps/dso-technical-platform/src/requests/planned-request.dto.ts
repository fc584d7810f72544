import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

/** Why a request is held back. */
export class HoldDto {
  @ApiProperty({ example: 'the tie switch is closed instead' })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

/** Which request: the path of its resource. */
export class PlannedRequestPath {
  @ApiProperty({ example: 'ieee33' })
  @IsString()
  readonly gridId!: string;

  @ApiProperty({ example: 'dayAhead-2026-03-16T23:00Z' })
  @IsString()
  readonly sessionId!: string;

  @ApiProperty()
  @IsString()
  readonly requestId!: string;
}
