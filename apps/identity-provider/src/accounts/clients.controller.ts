import { type ClientCommand, unknownClient } from '@flexledger/domain';
import { type CommandContext } from '@flexledger/event-store';
import { type Principal, type Resource, SCOPES } from '@flexledger/identity';
import { clientsView } from '@flexledger/projections';
import { HttpCommand, HttpQuery, type Owner, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { partyAsked, requireHeld } from '../http/own-party';
import { scopesOfParty } from './accounts';
import { AccountQueryDto, ClientDto, StatusDto } from './accounts.dto';

/** A client's secret, told once; null when the request is a repeat, since only its hash is kept. */
export interface ToldSecret {
  readonly clientId: string;
  readonly changed: boolean;
  readonly secret: string | null;
}

/** Programs that ask for tokens: each party's own, and apps in which people sign in. */
@ApiTags('identity: clients')
@Controller('api/v1/clients')
export class ClientsController {
  constructor(
    @Inject(IDENTITY) private readonly identity: IdentityServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('users:write')
  @ApiOperation({ summary: 'Clients by their id, your party’s or, for the administrator, all' })
  list(@Query() { status, party, ...page }: AccountQueryDto, @Speaker() speaker: Principal) {
    const where = {
      ...partyAsked(speaker, 'users:write', party),
      ...(status === undefined ? {} : { status }),
    };
    const run = () => this.identity.documents.find(clientsView, { where, ...page });
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @Scopes('users:write')
  @ApiOperation({
    summary: 'Register a client',
    description:
      'The secret of a machine is answered once; it is stored as a hash only. An app has none: leave ' +
      '`party` out and name its redirect addresses, none where it uses device codes.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  register(
    @Body() { clientId, party: named, scopes, redirectUris = [] }: ClientDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<ToldSecret> {
    const party = named ?? null;
    const all = party === null ? Object.keys(SCOPES) : scopesOfParty(party);
    const command: ClientCommand = {
      kind: 'registerClient',
      clientId,
      party,
      scopes: scopes ?? all,
      redirectUris,
    };
    const owner = party === null ? {} : { party };
    return this.submit(command, { speaker, key, owner }, (context) => {
      requireHeld(speaker, command);
      return this.told(command, context, party !== null);
    });
  }

  @Post(':clientId/secret')
  @HttpCode(200)
  @Scopes('users:write')
  @ApiOperation({ summary: 'Give a client another secret; the one before opens nothing any more' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  rotate(
    @Param('clientId') clientId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<ToldSecret> {
    const command: ClientCommand = { kind: 'rotateSecret', clientId };
    const owner = () => this.ownerOf(clientId);
    return this.submit(command, { speaker, key, owner }, async (context) => {
      const client = await this.identity.accounts.clientState(clientId);
      // Whoever gets a secret can speak by it.
      if (client.status !== 'none') requireHeld(speaker, client);
      return this.told(command, context, true);
    });
  }

  @Put(':clientId/status')
  @Scopes('users:write')
  @ApiOperation({ summary: 'Disable a client, or enable it again' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  changeStatus(
    @Param('clientId') clientId: string,
    @Body() { status, reason = '' }: StatusDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command: ClientCommand =
      status === 'disabled'
        ? { kind: 'disableClient', clientId, reason }
        : { kind: 'enableClient', clientId };
    const owner = () => this.ownerOf(clientId);
    return this.submit(command, { speaker, key, owner }, async (context) => {
      const { events } = await this.identity.accounts.client(command, context);
      return { clientId, changed: events.length > 0 };
    });
  }

  /** The event first: a secret that a crash then keeps from being stored is rotated. */
  private async told(
    command: ClientCommand,
    context: CommandContext,
    hasSecret: boolean,
  ): Promise<ToldSecret> {
    const { accounts, credentials } = this.identity;
    const { clientId } = command;
    const { repeated } = await accounts.client(command, context);
    const isNew = repeated === undefined;
    const secret = isNew && hasSecret ? await credentials.newSecret(clientId) : null;
    return { clientId, changed: isNew, secret };
  }

  private submit<Result>(
    command: ClientCommand,
    { speaker, key, owner }: { speaker: Principal; key: string | undefined; owner: Owner },
    run: (context: CommandContext) => Promise<Result>,
  ): Promise<Result> {
    const about = `clients/${command.clientId}`;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'users:write',
        owner,
        about,
        path: `${about}/${command.kind}`,
        key,
        asked: command,
        run,
      }),
    );
  }

  private async ownerOf(clientId: string): Promise<Resource> {
    const client = await this.identity.accounts.clientState(clientId);
    if (client.status === 'none') throw unknownClient(clientId);
    // An app is of no party: nobody's own.
    return client.party === null ? {} : { party: client.party };
  }
}
