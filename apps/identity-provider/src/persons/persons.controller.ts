import type { Principal, Resource } from '@flexledger/identity';
import { personsView } from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Put,
  Query,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { partyAsked } from '../http/own-party';
import { PersonDto, PersonQueryDto } from './person.dto';
import { JournalInUse } from '../store/credential-store';
import type { PersonRecord } from './persons';

/** Whoever reads the file of keys for so long, a backup for one, is not done in a moment. */
const JOURNAL_RETRY_S = 30;

/** Who somebody is, each under a key of its own that can be destroyed (D3.3 A.5.1). */
@ApiTags('identity: persons')
@Controller('api/v1/persons')
export class PersonsController {
  constructor(
    @Inject(IDENTITY) private readonly identity: IdentityServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('persons:read')
  @ApiOperation({ summary: 'Records by their id, without what they hold' })
  list(@Query() { holder, ...page }: PersonQueryDto, @Speaker() speaker: Principal) {
    const { party } = partyAsked(speaker, 'persons:read', holder);
    const where = party === undefined ? {} : { holder: party };
    const run = async () => {
      const { items, next } = await this.identity.documents.find(personsView, { where, ...page });
      return { items: items.map(({ sealed: _, ...known }) => known), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':personId')
  @Scopes('persons:read')
  @ApiOperation({ summary: 'One record; its fields are null once it is erased' })
  one(@Param('personId') personId: string, @Speaker() speaker: Principal): Promise<PersonRecord> {
    const owner = () => this.ownerOf(personId);
    const needs = { speaker, action: 'persons:read', owner } as const;
    return this.queries.execute(
      new HttpQuery({ needs, run: () => this.identity.persons.read(personId) }),
    );
  }

  @Put(':personId')
  @Scopes('persons:write')
  @ApiOperation({
    summary: 'Record who somebody is, or record it anew',
    description: 'The log holds it encrypted; the time it is kept begins again.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  record(
    @Param('personId') personId: string,
    @Body() { holder: named, name, address, contact, podIds = [], userId }: PersonDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const holder = named ?? speaker.actor;
    const fields = {
      name,
      address: address ?? null,
      contact: contact ?? null,
      podIds,
      userId: userId ?? null,
    };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'persons:write',
        owner: { party: holder },
        about: `persons/${personId}`,
        key,
        // Ids in the log follow from what is asked: not from a name that somebody could guess.
        asked: { holder, mark: this.identity.persons.markOf(fields) },
        run: async (context) => {
          await this.identity.persons.record({ personId, holder, fields }, context);
          return { personId };
        },
      }),
    );
  }

  @Delete(':personId')
  @HttpCode(204)
  @Scopes('persons:write')
  @ApiOperation({
    summary: 'Erase a record for good',
    description: 'Its key is destroyed; hashes and proofs of the log go on holding.',
  })
  async erase(
    @Param('personId') personId: string,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const reason = `by ${speaker.actor}`;
    await this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'persons:write',
        owner: () => this.ownerOf(personId),
        about: `persons/${personId}`,
        path: `persons/${personId}/erasure`,
        key: undefined,
        asked: { reason },
        run: async (context) => {
          try {
            await this.identity.persons.erase(personId, reason, context);
          } catch (error) {
            if (!(error instanceof JournalInUse)) throw error;
            response.setHeader('Retry-After', JOURNAL_RETRY_S);
            throw new ServiceUnavailableException(error.message);
          }
        },
      }),
    );
  }

  private async ownerOf(personId: string): Promise<Resource> {
    const state = await this.identity.accounts.personState(personId);
    return state.status === 'none' ? {} : { party: state.holder };
  }
}
