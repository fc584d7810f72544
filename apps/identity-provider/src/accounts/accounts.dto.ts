import { SCOPES } from '@flexledger/identity';
import { USER_ROLES } from '@flexledger/domain';
import { PageDto, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsString, Length, MaxLength } from 'class-validator';

const STATUSES = ['enabled', 'disabled'] as const;
type Status = (typeof STATUSES)[number];

/** A party to be registered. */
export class PartyDto {
  @ApiProperty({
    example: 'aggregator:AGG2',
    description: 'dso, tso, operator, auditor, aggregator:ID, customer:POD or platform:NAME',
  })
  @IsString()
  @Length(1, 100)
  readonly party!: string;

  @ApiPropertyOptional({ description: 'Of the organisation; none for a customer' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  readonly name?: string;
}

/** Whether a party, user or client may get tokens. */
export class StatusDto {
  @ApiProperty({ enum: STATUSES })
  @IsIn(STATUSES)
  readonly status!: Status;

  @ApiPropertyOptional({ description: 'Why it is disabled' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  readonly reason?: string;
}

/** Which parties. */
export class PartyQueryDto extends PageDto {
  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsIn(STATUSES)
  readonly status?: Status;
}

/** Which users or clients. */
export class AccountQueryDto extends PartyQueryDto {
  @ApiPropertyOptional({ example: 'aggregator:AGG2' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  readonly party?: string;
}

/** The roles of a user. */
export class RolesDto {
  @ApiProperty({ enum: Object.keys(USER_ROLES), isArray: true })
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly roles!: string[];
}

/** A password. */
export class PasswordDto {
  @ApiPropertyOptional({ description: 'One is made and answered once where it is absent' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  readonly password?: string;
}

/** Another password of one's own. */
export class OwnPasswordDto {
  @ApiProperty()
  @IsString()
  @MaxLength(500)
  readonly current!: string;

  @ApiProperty()
  @IsString()
  @MaxLength(500)
  readonly password!: string;
}

/** A user to be created. */
export class UserDto extends RolesDto {
  @ApiProperty({
    example: 'agg2.trader',
    description: 'A pseudonym; it stands in the log for ever',
  })
  @IsString()
  @Length(1, 100)
  readonly userId!: string;

  @ApiProperty({ example: 'aggregator:AGG2' })
  @IsString()
  @Length(1, 100)
  readonly party!: string;

  @ApiPropertyOptional({ description: 'One is made and answered once where it is absent' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  readonly password?: string;
}

/** A client to be registered. */
export class ClientDto {
  @ApiProperty({ example: 'aggregator-AGG2' })
  @IsString()
  @Length(1, 100)
  readonly clientId!: string;

  @ApiPropertyOptional({
    example: 'aggregator:AGG2',
    description: 'None for an app in which people sign in',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  readonly party?: string;

  @ApiPropertyOptional({
    enum: Object.keys(SCOPES),
    isArray: true,
    description: 'All that the party may where absent',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly scopes?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Where an app gets its users back' })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(600, { each: true })
  readonly redirectUris?: string[];
}
