import { Readable } from 'node:stream';
import { type Principal, may } from '@flexledger/identity';
import { type Clock, sleep } from '@flexledger/runtime';
import {
  HttpQuery,
  Live,
  type OpenStreams,
  STREAM_LIMITS,
  Scopes,
  Speaker,
  watchedFrames,
} from '@flexledger/service-kit';
import {
  Controller,
  Get,
  Headers,
  Inject,
  type OnModuleDestroy,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { FORGOTTEN_AFTER_MS, type LivePower, type PodPower } from './live-power';
import { PowerQueryDto } from './power.dto';

/** What the power now is shown by. */
export interface PowerServices {
  readonly livePower: LivePower;
  readonly streams: OpenStreams;
  readonly clock: Clock;
}

/** Under which Nest finds the `PowerServices`. */
export const POWER = Symbol('live power');

/** Between two frames of a stream; what a PoD tells in between is one word, the last. */
const FRAME_EVERY_MS = 1_000;
/** A stream ends after so long and is asked for anew: who may read is asked then. */
const STREAM_MS = 600_000;

/** Active power now, as nodes tell it every few seconds. */
@ApiTags('access layer: power')
@Controller('api/v1/power')
export class PowerController implements OnModuleDestroy {
  /** Ends the streams when the server closes. */
  private readonly closing = new AbortController();

  constructor(
    @Inject(POWER) private readonly services: PowerServices,
    private readonly queries: QueryBus,
  ) {}

  onModuleDestroy(): void {
    this.closing.abort();
  }

  @Get()
  @Live()
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Active power now at the PoDs that are yours to see, as their nodes told it last',
    description:
      'Withdrawn from and fed into the grid, W; not certified, and forgotten after ' +
      `${FORGOTTEN_AFTER_MS / 1_000} s. With \`Accept: text/event-stream\`: all of them, and from then on once a ` +
      `second those that were told anew. A client may have ${STREAM_LIMITS.perClient} streams open; a stream ends ` +
      `after ${STREAM_MS / 60_000} minutes, or with its token: ask again.`,
  })
  @ApiProduces('application/json', 'text/event-stream')
  async now(
    @Query() { podId }: PowerQueryDto,
    @Headers('accept') accept: string | undefined,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ) {
    const isShown = (power: PodPower): boolean =>
      (podId === undefined || podId === power.podId) &&
      may(speaker, 'measurements:read', resourceOf(power));
    if (accept?.includes('text/event-stream')) return this.stream(isShown, speaker, response);
    const run = async () => {
      const { powers } = await this.services.livePower.since(0);
      return { items: powers.filter(isShown).map(shown) };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  /** @throws StreamsExhausted */
  private stream(
    isShown: (power: PodPower) => boolean,
    speaker: Principal,
    response: Response,
  ): StreamableFile {
    const { livePower, streams, clock } = this.services;
    const granted = (): Promise<void> => speaker.granted?.caughtUp() ?? Promise.resolve();
    const giveFree = streams.take(speaker.clientId);
    const gone = new AbortController();
    const restMs = Math.min(STREAM_MS, (speaker.expiresAtMs ?? Infinity) - clock.nowMs());
    const end = (): void => {
      gone.abort();
      giveFree();
    };
    void sleep(restMs, gone.signal).then(() => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.closing.signal]);
    const frames = watchedFrames(powerFrames(livePower, isShown, signal, granted), signal, () =>
      response.destroy(),
    );
    const readable = Readable.from(frames, { highWaterMark: 1 });
    readable.once('close', end);
    response.once('close', end);
    return new StreamableFile(readable, { type: 'text/event-stream' });
  }
}

/**
 * Frames of server-sent events; a reader that is slow gets the last word of each PoD, and none between.
 *
 * @param granted resolves once it is known what owners let the reader see as of now
 */
async function* powerFrames(
  livePower: LivePower,
  isShown: (power: PodPower) => boolean,
  signal: AbortSignal,
  granted: () => Promise<void>,
): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  for (let place = 0; !signal.aborted;) {
    const { powers, next } = await livePower.since(place);
    place = next;
    await granted();
    const items = powers.filter(isShown).map(shown);
    yield items.length > 0 ? `data: ${JSON.stringify({ items })}\n\n` : ': nothing new\n\n';
    await sleep(FRAME_EVERY_MS, signal);
  }
}

function resourceOf({ podId, aggregatorId }: PodPower) {
  const dataSet = 'livePower' as const;
  return aggregatorId === null ? { podId, dataSet } : { podId, aggregatorId, dataSet };
}

function shown({ podId, at, withdrawnW, injectedW }: PodPower) {
  return { podId, at, withdrawnW, injectedW };
}
