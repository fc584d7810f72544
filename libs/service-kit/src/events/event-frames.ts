import type { RecordedEvent } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import { cloudEvent } from './cloud-event';

/** After so long without an event a comment keeps proxies from taking the stream for dead. */
const QUIET_MS = 15_000;

/**
 * Server-sent events (WHATWG HTML 9.2): each CloudEvent under its position as the id to resume from.
 * Reads an event only when the one before was taken, so a slow reader slows nobody else.
 */
export async function* eventFrames(
  events: AsyncIterable<RecordedEvent>,
  isWanted: (event: RecordedEvent) => boolean,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  yield 'retry: 2000\n\n';
  for (let next = iterator.next(); ;) {
    const arrived = new AbortController();
    const result = await Promise.race([next, sleep(QUIET_MS, arrived.signal)]);
    arrived.abort();
    if (!result) {
      yield ': nothing new\n\n';
      continue;
    }
    if (result.done) return;
    const event = result.value;
    next = iterator.next();
    // It may fail while this event is on its way; the error is met when `next` is awaited.
    next.catch(() => undefined);
    if (isWanted(event))
      yield `id: ${event.position}\ndata: ${JSON.stringify(cloudEvent(event))}\n\n`;
  }
}
