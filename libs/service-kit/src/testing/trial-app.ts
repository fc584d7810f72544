/** A small app behind the kit, with a route for everything that can go well or wrong. */
import { DomainError } from '@flexledger/domain';
import {
  AppendFailed,
  AppendTooLarge,
  CommandConflict,
  LogBusy,
  RevisionConflict,
} from '@flexledger/event-store';
import {
  IssuerUnavailable,
  type Principal,
  type Scope,
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
} from '@flexledger/identity';
import { PlatformUnavailable } from '@flexledger/ports';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  Headers,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Res,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, Min, ValidateNested } from 'class-validator';
import type { Response } from 'express';
import { Public, Scopes, Speaker } from '../access/scopes';
import { HttpCommand, HttpQuery } from '../http/http-bus';
import type { HttpAppOptions } from '../http/http-app';

class OfferDto {
  @IsString() offerId!: string;
  @IsInt() @Min(0) @Max(1_000) quantityW!: number;
}

class BidDto {
  @IsIn(['up', 'down']) direction!: string;
  @ValidateNested({ each: true }) @Type(() => OfferDto) offers!: OfferDto[];
}

const errors: Record<string, () => unknown> = {
  'session-unknown': () => new DomainError('session-unknown', 'There is no such session.'),
  'gate-closed': () => new DomainError('gate-closed', 'The gate is closed.'),
  'request-malformed': () =>
    new DomainError('request-malformed', 'The request is refused.', [
      { field: 'quantityW[3]', reason: 'must be a whole number' },
    ]),
  large: () =>
    new DomainError(
      'bid-refused',
      'No row stands.',
      Array.from({ length: 5_000 }, (_, index) => ({ field: `offers[${index}]`, reason: 'bad' })),
    ),
  conflict: () => new RevisionConflict('session-1', 3, 4),
  'too-large': () => new AppendTooLarge('session-1', 2_000_000, 1_000_000),
  'key-reused': () => new CommandConflict('c', 'session-1', 'e'),
  'log-busy': () => new LogBusy('/srv/events.sqlite', 5_012),
  'disk-full': () =>
    new AppendFailed('session-1', 'database or disk is full', {
      cause: Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }),
    }),
  unavailable: () => new PlatformUnavailable('http://10.0.0.1/secret', 'it is down'),
  'no-issuer': () => new IssuerUnavailable('https://10.0.0.2/secret', 'it answers 500'),
  http: () => new ConflictException('Taken.'),
  bug: () => new Error('password of the database is hunter2'),
  text: () => 'hunter2',
};

/** Lets the request to `/api/v1/slow` end, once it has begun. */
export const slow: { release?: () => void } = {};

@Controller('api/v1')
class OffersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Scopes('offers:write')
  @Post('aggregators/:id/offers')
  offer(
    @Param('id') id: string,
    @Body() bid: BidDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: async () => ({ aggregatorId: id }),
        about: id,
        key,
        asked: bid,
        run: async ({ commandId, content }) => ({
          by: speaker.actor,
          rows: bid.offers.length,
          first: bid.offers[0],
          commandId,
          content,
        }),
      }),
    );
  }

  @Scopes('results:read')
  @Get('aggregators/:id/results')
  own(@Param('id') id: string, @Speaker() speaker: Principal) {
    const needs = { speaker, action: 'results:read', owner: { aggregatorId: id } } as const;
    return this.queries.execute(new HttpQuery({ needs, run: async () => ({ of: id }) }));
  }

  @Scopes('results:read', 'settlements:read')
  @Get('results')
  results() {
    return [];
  }

  @Get('forgotten')
  forgotten() {
    return 'open to all?';
  }

  @Public()
  @Get('numbers/:n')
  number(@Param('n', ParseIntPipe) n: number) {
    return { n };
  }

  @Public()
  @Get('errors/:name')
  error(@Param('name') name: string) {
    throw errors[name]!();
  }

  @Public()
  @Get('broken-stream')
  brokenStream(@Res({ passthrough: true }) response: Response) {
    response.write('begun');
    throw new Error('half way');
  }

  @Public()
  @Get('slow')
  async slow() {
    await new Promise<void>((resolve) => (slow.release = resolve));
    return { finished: true };
  }
}

@Module({ controllers: [OffersController] })
export class OffersModule {}

const clock = { nowMs: () => Date.parse('2026-03-17T10:00:00Z') };
/** What issuer and verifiers of the trial agree on. */
export const realm = { issuer: 'https://flexledger.test', audience: 'flexledger', clock };
/** The one party there is: an aggregator that may offer and read its results. */
export const aggregator = 'aggregator:AGG1';
const OWN_SCOPES: readonly Scope[] = ['offers:write', 'results:read'];
/** Where it sends offers, and one that it sends. */
export const offersPath = '/api/v1/aggregators/AGG1/offers';
export const bid = { direction: 'up', offers: [{ offerId: 'o1', quantityW: 500 }] };

export interface Trial {
  readonly options: HttpAppOptions;
  /** Lines that went to the log. */
  readonly logged: string[];
  /** Readiness of the chain. */
  chainIsThere: boolean;
  /** Version of the log, and how often somebody waited for the views. */
  version: string;
  waits: number;
  /** A token of the aggregator, with all its scopes or those named. */
  tokenFor(...scopes: readonly Scope[]): Promise<string>;
}

/** Options to start `OffersModule` with, at any free port. */
export async function prepareTrial(): Promise<Trial> {
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  const chain = async (): Promise<void> => {
    if (!trial.chainIsThere) throw new Error('no answer from the node');
  };
  const logged: string[] = [];
  const trial: Trial = {
    options: {
      title: 'Offers',
      description: 'Takes offers.',
      port: 0,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      readiness: [
        { name: 'log', check: async () => {} },
        { name: 'chain', check: chain },
      ],
      reads: {
        caughtUp: async () => void (trial.waits += 1),
        version: async () => trial.version,
      },
      log: (line) => logged.push(line),
    },
    logged,
    chainIsThere: true,
    version: 'log-1',
    waits: 0,
    tokenFor: async (...scopes) =>
      (await issuer.issueFor(aggregator, scopes.length > 0 ? scopes : OWN_SCOPES)).accessToken,
  };
  return trial;
}
