import { type Principal, may } from '@flexledger/identity';
import { HttpQuery, Live, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Headers, Inject, type OnModuleDestroy, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { type RowsSince, STREAM_TERMS, liveStream } from './live-frames';
import { type ObservedPod, observedText } from './observability';
import { POWER, type PowerServices } from './power.controller';
import { PowerQueryDto } from './power.dto';

/** What the grid is observed by, in seconds (FR_SCD_PDO_1 to 3). */
@ApiTags('access layer: power')
@Controller('api/v1/observability')
export class ObservabilityController implements OnModuleDestroy {
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
    summary: 'The PoDs that are yours to see as the grid is observed: the fields of D3.3 table 30',
    description:
      'PoD, aggregator, timestamp, validation data (what its node signed last), power, PoM, the setpoint ' +
      `that holds now, and what is wrong; a PoD that is silent is there too. ${STREAM_TERMS}`,
  })
  @ApiProduces('application/json', 'text/event-stream')
  async now(
    @Query() { podId }: PowerQueryDto,
    @Headers('accept') accept: string | undefined,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { observability, streams, clock } = this.services;
    const isShown = (pod: ObservedPod): boolean =>
      (podId === undefined || podId === pod.podId) && may(speaker, 'measurements:read', pod);
    const shown = async () => (await observability.now()).filter(isShown);
    if (accept?.includes('text/event-stream')) {
      const closing = this.closing.signal;
      return liveStream({ streams, clock, speaker, response, closing, since: changesOf(shown) });
    }
    const run = async () => ({ items: await shown() });
    return this.queries.execute(new HttpQuery({ run }));
  }
}

/** Rows that read otherwise than when this stream was told them last. */
function changesOf(
  rows: () => Promise<readonly ObservedPod[]>,
): (place: number) => Promise<RowsSince> {
  const told = new Map<string, string>();
  return async (place) => {
    const items = (await rows()).filter((row) => {
      const text = observedText(row);
      const isNew = told.get(row.podId) !== text;
      told.set(row.podId, text);
      return isNew;
    });
    return { items, next: place + 1 };
  };
}
