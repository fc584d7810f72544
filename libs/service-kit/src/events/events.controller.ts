import { Readable } from 'node:stream';
import { DomainError } from '@flexledger/domain';
import { BEFORE_FIRST, type EventFilter, type EventStore } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import {
  Controller,
  type DynamicModule,
  Get,
  Headers,
  Inject,
  Module,
  Query,
  StreamableFile,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Scopes, Speaker } from '../access/scopes';
import { HttpQuery } from '../http/http-bus';
import { type CloudEvent, cloudEvent } from './cloud-event';
import { EventQueryDto } from './event.dto';
import { eventFrames } from './event-frames';
import { maySee } from './visible-events';

/** What the event feed stands on. */
export interface EventFeed {
  readonly store: EventStore;
  /** Ends the streams when the server closes. */
  readonly closing: AbortSignal;
}

/** Under which Nest finds the `EventFeed`. */
const EVENT_FEED = Symbol('event feed');

/** Most events looked at for one page, whether they pass or not. */
const LOOKED_AT = 10_000;
const DEFAULT_LIMIT = 100;

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
      '`Last-Event-ID`.',
  })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Position seen last' })
  async events(
    @Query() query: EventQueryDto,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const filter = filterOf(query);
    if (!accept?.includes('text/event-stream')) {
      return this.queries.execute(new HttpQuery({ run: () => this.page(query, filter, speaker) }));
    }
    const { after = BEFORE_FIRST } = query;
    const seen = lastEventId === undefined ? after : positionOf(lastEventId);
    return this.stream(seen, filter, speaker);
  }

  private async page(
    { after = BEFORE_FIRST, limit = DEFAULT_LIMIT }: EventQueryDto,
    filter: EventFilter,
    speaker: Principal,
  ): Promise<{ readonly items: readonly CloudEvent[]; readonly next: number | null }> {
    const items: CloudEvent[] = [];
    let looked = 0;
    let next = after;
    for await (const event of this.feed.store.readAll({ after, filter })) {
      if (items.length === limit || looked === LOOKED_AT) return { items, next };
      looked += 1;
      next = event.position;
      if (maySee(speaker, event)) items.push(cloudEvent(event));
    }
    return { items, next: null };
  }

  private stream(after: number, filter: EventFilter, speaker: Principal): StreamableFile {
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, this.feed.closing]);
    const events = this.feed.store.subscribe({ after, filter, signal });
    const frames = Readable.from(eventFrames(events, (event) => maySee(speaker, event)));
    frames.once('close', () => gone.abort());
    return new StreamableFile(frames, { type: 'text/event-stream' });
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
  static register(feed: EventFeed): DynamicModule {
    return {
      module: EventsModule,
      controllers: [EventsController],
      providers: [{ provide: EVENT_FEED, useValue: feed }],
    };
  }
}
