import { type Principal, may } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import { HttpQuery, Live, type OpenStreams, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Headers, Inject, type OnModuleDestroy, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { STREAM_TERMS, liveStream } from './live-frames';
import { FORGOTTEN_AFTER_MS, type LivePower, type PodPower } from './live-power';
import type { Observability } from './observability';
import { PowerQueryDto } from './power.dto';

/** What the power now is shown by. */
export interface PowerServices {
  readonly livePower: LivePower;
  readonly observability: Observability;
  readonly streams: OpenStreams;
  readonly clock: Clock;
}

/** Under which Nest finds the `PowerServices`. */
export const POWER = Symbol('live power');

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
      `${FORGOTTEN_AFTER_MS / 1_000} s. ${STREAM_TERMS}`,
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
    const { livePower, streams, clock } = this.services;
    const since = async (place: number) => {
      const { powers, next } = await livePower.since(place);
      // What owners let the reader see is asked anew with each frame.
      await speaker.granted?.caughtUp();
      return { items: powers.filter(isShown).map(shown), next };
    };
    if (accept?.includes('text/event-stream')) {
      const closing = this.closing.signal;
      return liveStream({ streams, clock, speaker, response, closing, since });
    }
    const run = async () => ({ items: (await since(0)).items });
    return this.queries.execute(new HttpQuery({ run }));
  }
}

function resourceOf({ podId, aggregatorId }: PodPower) {
  const dataSet = 'livePower' as const;
  return aggregatorId === null ? { podId, dataSet } : { podId, aggregatorId, dataSet };
}

function shown({ podId, at, withdrawnW, injectedW }: PodPower) {
  return { podId, at, withdrawnW, injectedW };
}
