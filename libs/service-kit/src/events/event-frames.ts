import type { RecordedEvent } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import { cloudEvent } from './cloud-event';
import type { ShownEvent } from './visible-events';

/** After so long without an event a comment keeps proxies from taking the stream for dead. */
const QUIET_MS = 15_000;
/** So many events are read in one turn. */
const EVENTS_A_TURN = 32;
/** Who takes nothing for so long, while something waits for it, is cut off; it resumes when it comes back. */
export const STALLED_MS = 30_000;

/**
 * Server-sent events (WHATWG HTML 9.2): each CloudEvent under its position as the id to resume from.
 * Reads an event only when the one before was taken, so a slow reader slows nobody else.
 *
 * @param isDisabled whether the reader may read no more, as the log stands at a position or now; it ends
 *   the frames
 * @param turn resolves when it is this stream's turn to read some events
 */
export async function* eventFrames(
  events: AsyncIterable<RecordedEvent>,
  show: (event: RecordedEvent) => Promise<ShownEvent | undefined>,
  isDisabled: (position?: number) => Promise<boolean>,
  turn: () => Promise<void>,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  let read = 0;
  yield 'retry: 2000\n\n';
  // By the log as it stands now: what is known of old positions alone may be out of date.
  if (await isDisabled()) return;
  await turn();
  for (let next = iterator.next(); ;) {
    const arrived = new AbortController();
    const result = await Promise.race([next, sleep(QUIET_MS, arrived.signal)]);
    arrived.abort();
    if (!result) {
      if (await isDisabled()) return;
      yield ': nothing new\n\n';
      continue;
    }
    if (result.done) return;
    const event = result.value;
    if (await isDisabled(event.position)) return;
    const shown = await show(event);
    if (shown) yield `id: ${event.position}\ndata: ${JSON.stringify(cloudEvent(shown))}\n\n`;
    read += 1;
    if (read % EVENTS_A_TURN === 0) await turn();
    next = iterator.next();
    // It may fail while nobody waits for it; the error is met when `next` is awaited.
    next.catch(() => undefined);
  }
}

/**
 * The same frames; `onStalled` is called when a frame is not taken for `stalledMs`.
 *
 * @param signal ends the watching
 */
export async function* watchedFrames(
  frames: AsyncIterable<string>,
  signal: AbortSignal,
  onStalled: () => void,
  stalledMs = STALLED_MS,
): AsyncGenerator<string> {
  let given = 0;
  let isWaiting = false;
  void (async () => {
    while (!signal.aborted) {
      const before = given;
      await sleep(stalledMs, signal);
      if (!signal.aborted && isWaiting && given === before) return onStalled();
    }
  })();
  for await (const frame of frames) {
    given += 1;
    isWaiting = true;
    yield frame;
    isWaiting = false;
  }
}
