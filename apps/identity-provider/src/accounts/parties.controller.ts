import type { PartyCommand } from '@flexledger/domain';
import { type Principal, may } from '@flexledger/identity';
import { getOne, partiesView } from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { PartyDto, PartyQueryDto, StatusDto } from './accounts.dto';

/** The stakeholders of the market; the market administrator's. */
@ApiTags('identity: parties')
@Controller('api/v1/parties')
export class PartiesController {
  constructor(
    @Inject(IDENTITY) private readonly identity: IdentityServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('parties:read')
  @ApiOperation({ summary: 'Parties by their text; who is no overseer sees itself' })
  list(@Query() { status, ...page }: PartyQueryDto, @Speaker() speaker: Principal) {
    const { documents } = this.identity;
    const where = status === undefined ? {} : { status };
    const run = async () => {
      if (may(speaker, 'parties:read')) return documents.find(partiesView, { where, ...page });
      const own = await getOne(documents, partiesView, speaker.actor);
      const fits = own && (status === undefined || own.status === status);
      return { items: fits ? [own] : [], next: null };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @Scopes('parties:write')
  @ApiOperation({ summary: 'Register a party; the same again changes nothing' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  register(
    @Body() { party, name }: PartyDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.submit({ kind: 'registerParty', party, name: name ?? null }, speaker, key);
  }

  @Put(':party/status')
  @Scopes('parties:write')
  @ApiOperation({ summary: 'Disable a party with all its users and clients, or enable it again' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  changeStatus(
    @Param('party') party: string,
    @Body() { status, reason = '' }: StatusDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command: PartyCommand =
      status === 'disabled'
        ? { kind: 'disableParty', party, reason }
        : { kind: 'enableParty', party };
    return this.submit(command, speaker, key);
  }

  private submit(command: PartyCommand, speaker: Principal, key: string | undefined) {
    const { party } = command;
    const about = `parties/${party}`;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'parties:write',
        owner: { party },
        about,
        path: `${about}/${command.kind}`,
        key,
        asked: command,
        run: async (context) => {
          const { events } = await this.identity.accounts.party(command, context);
          return { party, changed: events.length > 0 };
        },
      }),
    );
  }
}
