import { Readable } from 'node:stream';
import { DomainError } from '@flexledger/domain';
import { BEFORE_FIRST, type EventFilter } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { type Clock, sleep } from '@flexledger/runtime';
import {
  Controller,
  type DynamicModule,
  Get,
  Headers,
  Inject,
  Module,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Scopes, Speaker } from '../access/scopes';
import { HttpQuery } from '../http/http-bus';
import { type CloudEvent, cloudEvent } from './cloud-event';
import { EventQueryDto } from './event.dto';
import { STALLED_MS, eventFrames, watchedFrames } from './event-frames';
import { type OpenStreams, STREAM_LIMITS, openStreams } from './open-streams';
import { type PartyLog, narrowedFor } from './party-log';

/** What the event feed stands on. */
interface EventFeed {
  readonly log: PartyLog;
  /** Ends the streams when the server closes. */
  readonly closing: AbortSignal;
  readonly streams: OpenStreams;
  /** By which tokens are verified: a stream ends with its own. */
  readonly clock: Clock;
}

/** Under which Nest finds the `EventFeed`. */
const EVENT_FEED = Symbol('event feed');

/** Most events looked at for one page, whether they pass or not. */
const LOOKED_AT = 10_000;
const DEFAULT_LIMIT = 100;
/** Frames made ready for a reader that has not taken them yet. */
const FRAMES_AHEAD = 4;
/** Longest that a timer waits (2^31 - 1 ms), of a token of another issuer that lives for longer. */
const LONGEST_MS = 2_147_483_647;

/** The log itself, as far as a party may see it. */
@ApiTags('events')
@Controller('api/v1/events')
export class EventsController {
  constructor(
    @Inject(EVENT_FEED) private readonly feed: EventFeed,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('events:read')
  @ApiOperation({
    summary: 'Events in the order of the log, as CloudEvents',
    description:
      'JSON: a page; go on with `after` = `next` while it is not null (a page may hold fewer than ' +
      '`limit`). Positions increase and leave gaps. ' +
      'With `Accept: text/event-stream`: a stream that follows the log and resumes after ' +
      '`Last-Event-ID`. What `data` is says the JSON Schema at `/schemas/TYPE/SCHEMAVERSION.json`. Each party is shown its own: `docs/events-by-role.md`; an event of which ' +
      'it is shown its own rows has `flexledgerpartial`. A client may have ' +
      `${STREAM_LIMITS.perClient} streams open; one that takes nothing for ${STALLED_MS / 1_000} s is ended. ` +
      'A stream ends with its token: get another and resume; it ends too when its party, client or user ' +
      'is disabled.',
  })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Position seen last' })
  async events(
    @Query() query: EventQueryDto,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ) {
    const filter = narrowedFor(speaker, filterOf(query));
    if (!accept?.includes('text/event-stream')) {
      return this.queries.execute(new HttpQuery({ run: () => this.page(query, filter, speaker) }));
    }
    const { after = BEFORE_FIRST } = query;
    const seen = lastEventId === undefined ? after : positionOf(lastEventId);
    return this.stream(seen, filter, speaker, response);
  }

  private async page(
    { after = BEFORE_FIRST, limit = DEFAULT_LIMIT }: EventQueryDto,
    filter: EventFilter,
    speaker: Principal,
  ): Promise<{ readonly items: readonly CloudEvent[]; readonly next: number | null }> {
    const { log } = this.feed;
    const items: CloudEvent[] = [];
    let looked = 0;
    let next = after;
    await log.grants.caughtUp();
    for await (const event of log.store.readAll({ after, filter })) {
      if (items.length === limit || looked === LOOKED_AT) return { items, next };
      looked += 1;
      next = event.position;
      const shown = await log.shown(speaker, event);
      if (shown) items.push(cloudEvent(shown));
    }
    return { items, next: null };
  }

  /** @throws StreamsExhausted */
  private stream(
    after: number,
    filter: EventFilter,
    speaker: Principal,
    response: Response,
  ): StreamableFile {
    const { log, streams, closing, clock } = this.feed;
    const giveFree = streams.take(speaker.clientId);
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, closing]);
    const events = log.store.subscribe({ after, filter, signal });
    const frames = eventFrames(
      events,
      (event) => log.shown(speaker, event),
      async (position) => log.isDisabled(speaker, position ?? (await log.store.head())),
      async () => {
        await streams.turn();
        // What was revoked meanwhile is not shown any more, however old it is.
        await log.grants.caughtUp();
      },
    );
    const end = (): void => {
      gone.abort();
      giveFree();
    };
    if (speaker.expiresAtMs !== undefined) {
      const restMs = Math.min(speaker.expiresAtMs - clock.nowMs(), LONGEST_MS);
      void sleep(restMs, signal).then(() => gone.abort());
    }
    const watched = watchedFrames(frames, signal, () => response.destroy());
    const readable = Readable.from(watched, { highWaterMark: FRAMES_AHEAD });
    readable.once('close', end);
    // Also where the client is gone before anything was read.
    response.once('close', end);
    return new StreamableFile(readable, { type: 'text/event-stream' });
  }
}

function filterOf({ types, stream }: EventQueryDto): EventFilter {
  return {
    ...(types === undefined ? {} : { types: types.split(',') }),
    ...(stream === undefined ? {} : { streamPrefixes: [stream] }),
  };
}

function positionOf(lastEventId: string): number {
  const position = Number(lastEventId);
  if (/^\d+$/.test(lastEventId) && Number.isSafeInteger(position)) return position;
  const reason = `must be the position of an event, not "${lastEventId.slice(0, 50)}"`;
  throw new DomainError('query-malformed', `Last-Event-ID ${reason}.`, [
    { field: 'Last-Event-ID', reason },
  ]);
}

/** The event feed of a process, for its HTTP edge. */
@Module({})
export class EventsModule {
  static register({ streams = openStreams(), ...feed }: EventFeedOptions): DynamicModule {
    const useValue: EventFeed = { ...feed, streams };
    return {
      module: EventsModule,
      controllers: [EventsController],
      providers: [{ provide: EVENT_FEED, useValue }],
    };
  }
}

type EventFeedOptions = Omit<EventFeed, 'streams'> & Partial<Pick<EventFeed, 'streams'>>;
