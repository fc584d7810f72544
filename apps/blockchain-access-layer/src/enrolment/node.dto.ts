import { IsInstant, PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';

const STATUSES = ['none', 'enrolled', 'revoked'] as const;
/** A day: whoever sets a node up is on his way. A month at most. */
const VALID_MINUTES = 1_440;
const VALID_MINUTES_MAX = 31 * 1_440;

/** Which Light Nodes to list. */
export class NodeQueryDto extends PageDto {
  @ApiPropertyOptional({ example: 'AGG1' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly aggregatorId?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: (typeof STATUSES)[number];
}

/** A one-time token that is asked for. */
export class EnrolmentTokenDto {
  @ApiPropertyOptional({
    default: false,
    description: 'The node that enrols with it takes the place of the one that is enrolled',
  })
  @MayBeAbsent()
  @IsBoolean()
  readonly replaces: boolean = false;

  @ApiPropertyOptional({ default: VALID_MINUTES, description: 'How long it counts' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(VALID_MINUTES_MAX)
  readonly validMinutes: number = VALID_MINUTES;
}

/** What a Light Node sends to enrol. */
export class EnrolmentDto {
  @ApiProperty({ description: 'The one-time token' })
  @IsString()
  @Length(1, 200)
  readonly token!: string;

  @ApiProperty({ description: 'ECDSA P-256, SEC 1 uncompressed point, 130 lower-case hex digits' })
  @Matches(/^04[0-9a-f]{128}$/, {
    message: 'publicKey must be an uncompressed P-256 point of 130 lower-case hex digits',
  })
  readonly publicKey!: string;

  @ApiProperty({ example: 'modbusTcp', description: 'How it reads its meter' })
  @IsString()
  @Length(1, 100)
  readonly meterDriver!: string;

  @ApiProperty({ example: '20E5N2000123456' })
  @IsString()
  @Length(1, 100)
  readonly meterSerialNumber!: string;

  @ApiProperty({
    description:
      'ECDSA P-256 with SHA-256 by that key over the canonical JSON (RFC 8785) of podId, token, ' +
      'publicKey, meterDriver and meterSerialNumber; r and s, 128 lower-case hex digits',
  })
  @Matches(/^[0-9a-f]{128}$/, { message: 'proof must be r and s of 128 lower-case hex digits' })
  readonly proof!: string;
}

/** What a Light Node sends to change its key. */
export class KeyRotationDto {
  @ApiProperty({ description: 'The key it gives up: SEC 1 uncompressed point, hex' })
  @Matches(/^04[0-9a-f]{128}$/, {
    message: 'previousKey must be an uncompressed P-256 point of 130 lower-case hex digits',
  })
  readonly previousKey!: string;

  @ApiProperty({ description: 'The key it signs with from now on: SEC 1 uncompressed point, hex' })
  @Matches(/^04[0-9a-f]{128}$/, {
    message: 'publicKey must be an uncompressed P-256 point of 130 lower-case hex digits',
  })
  readonly publicKey!: string;

  @ApiProperty({ example: '2026-03-17T11:00:00.000Z', description: 'When the node signed it' })
  @IsInstant()
  readonly at!: string;

  @ApiProperty({
    description:
      'ECDSA P-256 with SHA-256 by previousKey over the canonical JSON (RFC 8785) of podId, ' +
      'previousKey, publicKey and at; r and s, 128 lower-case hex digits',
  })
  @Matches(/^[0-9a-f]{128}$/, {
    message: 'previousProof must be r and s of 128 lower-case hex digits',
  })
  readonly previousProof!: string;

  @ApiProperty({ description: 'The same by publicKey' })
  @Matches(/^[0-9a-f]{128}$/, { message: 'proof must be r and s of 128 lower-case hex digits' })
  readonly proof!: string;
}

/** Why a node is revoked. */
export class RevocationDto {
  @ApiProperty({ example: 'stolen' })
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;
}
