import { type UserCommand, unknownUser } from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import { type Principal, type Resource, isUserRole, scopesOfUser } from '@flexledger/identity';
import { usersView } from '@flexledger/projections';
import { HttpCommand, HttpQuery, type Owner, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Headers,
  HttpException,
  HttpStatus,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { addressOf } from '../http/address-of';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { partyAsked, requireHeld } from '../http/own-party';
import {
  AccountQueryDto,
  OwnPasswordDto,
  PasswordDto,
  RolesDto,
  StatusDto,
  UserDto,
} from './accounts.dto';
import { SlowDown } from './credentials';

/** A password, told once where it was made here; null where it was given, or the request is a repeat. */
export interface ToldPassword {
  readonly userId: string;
  readonly changed: boolean;
  readonly password: string | null;
}

/** People who sign in, each for one party. */
@ApiTags('identity: users')
@Controller('api/v1/users')
export class UsersController {
  constructor(
    @Inject(IDENTITY) private readonly identity: IdentityServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('users:write')
  @ApiOperation({ summary: 'Users by their id, your party’s or, for the administrator, all' })
  list(@Query() { status, party, ...page }: AccountQueryDto, @Speaker() speaker: Principal) {
    const where = {
      ...partyAsked(speaker, 'users:write', party),
      ...(status === undefined ? {} : { status }),
    };
    const run = () => this.identity.documents.find(usersView, { where, ...page });
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @Scopes('users:write')
  @ApiOperation({
    summary: 'Create a user of a party',
    description: 'A password that is made here is answered once; it is stored as a hash only.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  create(
    @Body() { userId, party, roles, password }: UserDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<ToldPassword> {
    const command: UserCommand = { kind: 'createUser', userId, party, roles };
    return this.submit(command, { speaker, key, owner: { party }, password }, (context) => {
      requireHeld(speaker, { party, scopes: scopesOfUser(roles.filter(isUserRole)) });
      return this.withPassword(command, context, password);
    });
  }

  @Put('me/password')
  @Scopes('market:read')
  @ApiOperation({ summary: 'Change one’s own password; every sign-in ends' })
  @ApiResponse({ status: 429, description: 'Too many tries failed; `Retry-After` says how long' })
  async changeOwn(
    @Body() { current, password }: OwnPasswordDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Speaker() speaker: Principal,
  ): Promise<{ readonly userId: string; readonly changed: boolean }> {
    const { userId } = speaker;
    if (userId === undefined) throw new ForbiddenException('A client has no password.');
    try {
      const { credentials } = this.identity;
      if (!(await credentials.passwordMatches(userId, current, addressOf(request)))) {
        throw new ForbiddenException('The current password is wrong.');
      }
    } catch (error) {
      if (!(error instanceof SlowDown)) throw error;
      response.setHeader('Retry-After', String(error.retryAfterS));
      throw new HttpException(error.message, HttpStatus.TOO_MANY_REQUESTS);
    }
    const owner = { party: speaker.actor };
    const command: UserCommand = { kind: 'changePassword', userId };
    const { changed } = await this.submit(
      command,
      { speaker, key: undefined, owner, action: 'market:read' },
      (context) => this.withPassword(command, context, password),
    );
    return { userId, changed };
  }

  @Put(':userId/password')
  @Scopes('users:write')
  @ApiOperation({ summary: 'Set a user’s password; every sign-in ends' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  setPassword(
    @Param('userId') userId: string,
    @Body() { password }: PasswordDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<ToldPassword> {
    const command: UserCommand = { kind: 'changePassword', userId };
    const owner = () => this.ownerOf(userId);
    return this.submit(command, { speaker, key, owner, password }, async (context) => {
      const user = await this.identity.accounts.userState(userId);
      // Whoever sets a password can sign in by it.
      if (user.status !== 'none') {
        requireHeld(speaker, { party: user.party, scopes: scopesOfUser(user.roles) });
      }
      return this.withPassword(command, context, password);
    });
  }

  @Put(':userId/roles')
  @Scopes('users:write')
  @ApiOperation({ summary: 'Change what a user may do; every sign-in ends' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  changeRoles(
    @Param('userId') userId: string,
    @Body() { roles }: RolesDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.change({ kind: 'changeRoles', userId, roles }, speaker, key);
  }

  @Put(':userId/status')
  @Scopes('users:write')
  @ApiOperation({ summary: 'Disable a user, whose sign-ins end, or enable it again' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  changeStatus(
    @Param('userId') userId: string,
    @Body() { status, reason = '' }: StatusDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command: UserCommand =
      status === 'disabled'
        ? { kind: 'disableUser', userId, reason }
        : { kind: 'enableUser', userId };
    return this.change(command, speaker, key);
  }

  private change(command: UserCommand, speaker: Principal, key: string | undefined) {
    const { userId } = command;
    return this.submit(
      command,
      { speaker, key, owner: () => this.ownerOf(userId) },
      async (context) => {
        const user = await this.identity.accounts.userState(userId);
        if (command.kind === 'changeRoles' && user.status !== 'none') {
          const scopes = scopesOfUser(command.roles.filter(isUserRole));
          requireHeld(speaker, { party: user.party, scopes });
        }
        const { events } = await this.identity.accounts.user(command, context);
        this.identity.store.issuer.destroyOf(userId);
        return { userId, changed: events.length > 0 };
      },
    );
  }

  /** The event first: a password that a crash then keeps from being stored is set anew. */
  private async withPassword(
    command: UserCommand,
    context: CommandContext,
    given: string | undefined,
  ): Promise<ToldPassword> {
    const { accounts, credentials } = this.identity;
    const { userId } = command;
    if (given !== undefined) credentials.checkPassword(given);
    const { repeated } = await accounts.user(command, context);
    if (repeated) return { userId, changed: false, password: null };
    const password = await credentials.setPassword(userId, given);
    return { userId, changed: true, password: given === undefined ? password : null };
  }

  private async submit<Result>(
    command: UserCommand,
    { speaker, key, owner, password, action = 'users:write' }: Submission,
    run: (context: CommandContext) => Promise<Result>,
  ): Promise<Result> {
    const about = `users/${command.userId}`;
    // The log tells what was asked under a key by its digest: of a password it gets a mark only.
    const mark =
      key === undefined || password === undefined
        ? undefined
        : await this.identity.credentials.markOf(password);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action,
        owner,
        about,
        path: `${about}/${command.kind}`,
        key,
        asked: mark === undefined ? command : { ...command, passwordMark: mark },
        run,
      }),
    );
  }

  private async ownerOf(userId: string): Promise<Resource> {
    const user = await this.identity.accounts.userState(userId);
    if (user.status === 'none') throw unknownUser(userId);
    return { party: user.party };
  }
}

interface Submission {
  readonly speaker: Principal;
  readonly key: string | undefined;
  readonly owner: Owner;
  /** As the request gives it. */
  readonly password?: string | undefined;
  readonly action?: 'users:write' | 'market:read';
}
