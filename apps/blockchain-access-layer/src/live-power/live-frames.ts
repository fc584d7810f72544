import { Readable } from 'node:stream';
import type { Principal } from '@flexledger/identity';
import { type Clock, sleep } from '@flexledger/runtime';
import { type OpenStreams, STREAM_LIMITS, watchedFrames } from '@flexledger/service-kit';
import { StreamableFile } from '@nestjs/common';
import type { Response } from 'express';

/** Between two frames of a stream. */
const FRAME_EVERY_MS = 1_000;
/** A stream ends after so long and is asked for anew: who may read is asked then. */
const STREAM_MS = 600_000;

/** What a stream of live values tells whoever reads its description. */
export const STREAM_TERMS =
  'With `Accept: text/event-stream`: all of them, and from then on once a second those that were told ' +
  `anew. A client may have ${STREAM_LIMITS.perClient} streams open; a stream ends after ` +
  `${STREAM_MS / 60_000} minutes, or with its token: ask again.`;

/** Rows that were told behind a place, and the place behind them. */
export interface RowsSince {
  readonly items: readonly object[];
  readonly next: number;
}

/** Live values as server-sent events, to whom they are shown and for as long as the token counts. */
export interface LiveStream {
  readonly streams: OpenStreams;
  readonly clock: Clock;
  readonly speaker: Principal;
  readonly response: Response;
  /** Ends it when the server closes. */
  readonly closing: AbortSignal;
  /** Rows to tell behind a place; 0 gives all. */
  readonly since: (place: number) => Promise<RowsSince>;
}

/** Opens a stream. @throws StreamsExhausted */
export function liveStream(options: LiveStream): StreamableFile {
  const { streams, clock, speaker, response, closing, since } = options;
  const giveFree = streams.take(speaker.clientId);
  const gone = new AbortController();
  const restMs = Math.min(STREAM_MS, (speaker.expiresAtMs ?? Infinity) - clock.nowMs());
  const end = (): void => {
    gone.abort();
    giveFree();
  };
  void sleep(restMs, gone.signal).then(() => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  const frames = watchedFrames(framesOf(since, signal), signal, () => response.destroy());
  const readable = Readable.from(frames, { highWaterMark: 1 });
  readable.once('close', end);
  response.once('close', end);
  return new StreamableFile(readable, { type: 'text/event-stream' });
}

/** A reader that is slow gets the last word of each row, and none between. */
async function* framesOf(since: LiveStream['since'], signal: AbortSignal): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  for (let place = 0; !signal.aborted;) {
    const { items, next } = await since(place);
    place = next;
    yield items.length > 0 ? `data: ${JSON.stringify({ items })}\n\n` : ': nothing new\n\n';
    await sleep(FRAME_EVERY_MS, signal);
  }
}
