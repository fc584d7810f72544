import { randomBytes } from 'node:crypto';
import {
  type CommandContext,
  type DataAccessCommand,
  DomainError,
  GRID_SOURCE,
  dataAccessDecider,
  dataAccessStream,
  ownerOfSource,
} from '@flexledger/domain';
import { type EventStore, createCommandHandler } from '@flexledger/event-store';
import { type Principal, may } from '@flexledger/identity';
import {
  type DataAccessDocument,
  type DocumentStore,
  type Page,
  type PodDocument,
  findDataAccess,
  getPod,
  readersOf,
} from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import {
  Body,
  Controller,
  type DynamicModule,
  Get,
  Headers,
  HttpCode,
  Inject,
  Module,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scopes, Speaker } from '../access/scopes';
import { HttpCommand, HttpQuery } from '../http/http-bus';
import {
  AccessReasonDto,
  AccessRequestDto,
  DataAccessQueryDto,
  DataSetsDto,
} from './data-access.dto';
import { type ReaderByRight, readersByRightOf } from './readers-by-right';

/** What data access stands on in a process that keeps data which owners grant. */
export interface DataAccessServices {
  readonly log: EventStore;
  /** Folded from it: `dataAccessView`, and the register where PoDs are kept here. */
  readonly documents: DocumentStore;
  readonly clock: Clock;
  /** Whose data this process keeps: customers' of PoDs, the DSO's of its grid. */
  readonly keeps: { readonly pods: boolean; readonly grid: boolean };
}

const SERVICES = Symbol('data access');

/** Who reads the data of a source. */
interface ReadersOfSource {
  readonly source: string;
  /** The party that grants. */
  readonly owner: string;
  readonly byRight: readonly ReaderByRight[];
  /** By grant, with what is asked for and what was refused and revoked last. */
  readonly others: readonly DataAccessDocument[];
}

/** What became of a request, a grant, a revocation or a refusal. */
interface AccessChanged {
  readonly source: string;
  readonly reader: string;
  /** False where it was so already. */
  readonly changed: boolean;
}

/** Who reads which data beyond the market's rules: asked for, granted and revoked (ADR 23). */
@ApiTags('data access')
@Controller('api/v1/data-access')
export class DataAccessController {
  private readonly commands: ReturnType<typeof commandsOf>;

  constructor(
    @Inject(SERVICES) private readonly services: DataAccessServices,
    private readonly commandBus: CommandBus,
    private readonly queries: QueryBus,
  ) {
    this.commands = commandsOf(services);
  }

  @Get()
  @Scopes('access:read')
  @ApiOperation({
    summary: 'What you may read by grants of the owners, and what you have asked for',
    description: 'Operators and auditors are shown that of everybody.',
  })
  list(
    @Query() { status, source, ...page }: DataAccessQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<Page<DataAccessDocument>> {
    const where = {
      ...(status === undefined ? {} : { status }),
      ...(source === undefined ? {} : { source }),
      ...(may(speaker, 'access:read') ? {} : { reader: speaker.actor }),
    };
    const run = () => findDataAccess(this.services.documents, where, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':source')
  @Scopes('access:read')
  @ApiOperation({
    summary: 'Who reads your data: by which right of the market, by your grant, and who asks',
    description:
      'The source is the code of a PoD, or `grid`. What a right of the market gives is read without a grant and ' +
      'cannot be revoked; `others` read by grant, or ask for it.',
  })
  readers(
    @Param('source') source: string,
    @Speaker() speaker: Principal,
  ): Promise<ReadersOfSource> {
    const owner = ownerOfSource(source);
    const run = async () => {
      const pod = await this.requireSource(source);
      const others = await readersOf(this.services.documents, source);
      return { source, owner, byRight: readersByRightOf(source, pod), others };
    };
    const needs = { speaker, action: 'access:read', owner: { party: owner } } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post(':source/requests')
  @HttpCode(200)
  @Scopes('access:write')
  @ApiOperation({
    summary: 'Ask the owner of data to let you read them; the last request counts',
    description: 'The owner answers by a grant, of as much as it likes, or by a refusal.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  ask(
    @Param('source') source: string,
    @Body() { dataSets, purpose }: AccessRequestDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<AccessChanged> {
    const reader = speaker.actor;
    const asked = { kind: 'requestAccess', source, reader, dataSets, purpose } as const;
    return this.submit(asked, asked, speaker, key);
  }

  @Put(':source/readers/:reader')
  @Scopes('access:write')
  @ApiOperation({
    summary: 'Let a party read data of yours, instead of what it read by your grant before',
    description:
      'By REST it reads the data sets as a whole, by events (streams, webhooks, Kafka, mirrors) what is recorded ' +
      'from now on. A change of the grant ends at once what it leaves out.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  grant(
    @Param('source') source: string,
    @Param('reader') reader: string,
    @Body() { dataSets }: DataSetsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<AccessChanged> {
    const by = speaker.actor;
    const asked = { kind: 'grantAccess', by, source, reader, dataSets } as const;
    return this.submit({ ...asked, salt: newSalt() }, asked, speaker, key);
  }

  @Post(':source/readers/:reader/revocation')
  @HttpCode(200)
  @Scopes('access:write')
  @ApiOperation({
    summary: 'Let a party read no data of yours any more, but what the market’s rules give it',
    description:
      'From its next read on, also in streams that are open. What it has read already, it has.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  revoke(
    @Param('source') source: string,
    @Param('reader') reader: string,
    @Body() { reason }: AccessReasonDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<AccessChanged> {
    const by = speaker.actor;
    const asked = { kind: 'revokeAccess', by, source, reader, reason } as const;
    return this.submit({ ...asked, salt: newSalt() }, asked, speaker, key);
  }

  @Post(':source/readers/:reader/refusal')
  @HttpCode(200)
  @Scopes('access:write')
  @ApiOperation({ summary: 'Refuse what a party has asked for; what it reads by your grant stays' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  refuse(
    @Param('source') source: string,
    @Param('reader') reader: string,
    @Body() { reason }: AccessReasonDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<AccessChanged> {
    const by = speaker.actor;
    const asked = { kind: 'refuseAccess', by, source, reader, reason } as const;
    return this.submit(asked, asked, speaker, key);
  }

  /** @param asked the command without what is drawn for it, by which a repeat is known */
  private submit(
    command: DataAccessCommand,
    asked: object,
    speaker: Principal,
    key: string | undefined,
  ): Promise<AccessChanged> {
    const { source, reader, kind } = command;
    const about = `data-access/${source}`;
    const party = kind === 'requestAccess' ? reader : ownerOfSource(source);
    const run = async (context: CommandContext) => {
      await this.requireSource(source);
      const { events } = await this.commands.handle(dataAccessStream(source), command, context);
      return { source, reader, changed: events.length > 0 };
    };
    return this.commandBus.execute(
      new HttpCommand({
        speaker,
        action: 'access:write',
        owner: { party },
        about,
        path: `${about}/${reader}/${kind}`,
        key,
        asked,
        readsViews: true,
        run,
      }),
    );
  }

  /** The PoD of a source that is one. @throws DomainError `source-unknown` for what is not kept here */
  private async requireSource(source: string): Promise<PodDocument | undefined> {
    const { keeps, documents } = this.services;
    if (source === GRID_SOURCE ? keeps.grid : keeps.pods) {
      const pod = source === GRID_SOURCE ? undefined : await getPod(documents, source);
      if (source === GRID_SOURCE || (pod && pod.status !== 'unknown')) return pod;
    }
    throw new DomainError(
      'source-unknown',
      `No data of "${source}" are kept here; name a PoD of the register, or \`grid\` at the DSO's platform.`,
    );
  }
}

function commandsOf({ log, clock }: DataAccessServices) {
  return createCommandHandler({ store: log, clock, decider: dataAccessDecider });
}

/** Nobody guesses it, so that nobody finds out from the chain who reads what. */
const newSalt = (): string => randomBytes(16).toString('hex');

/** Data access of a process, for its HTTP edge. */
@Module({})
export class DataAccessModule {
  static register(services: DataAccessServices): DynamicModule {
    return {
      module: DataAccessModule,
      controllers: [DataAccessController],
      providers: [{ provide: SERVICES, useValue: services }],
    };
  }
}
