/** Reading the log behind a position: the one place of the processors that asks the port for events. */
import type { RecordedEvent } from '@flexledger/domain';
import { turnOfEventLoop } from '@flexledger/runtime';
import type { EventFilter, EventStore } from '../port';

/** The log could not be read behind a position; the cause says why. */
export class LogUnread extends Error {
  constructor(
    /** Position of the last event that was read. */
    readonly after: number,
    cause: unknown,
  ) {
    super(`The log could not be read behind position ${after}.`, { cause });
    this.name = 'LogUnread';
  }
}

/** Recorded events behind `after`, in global order, up to the log's end. */
export function eventsAfter(
  store: EventStore,
  after: number,
  filter: EventFilter,
  limit?: number,
): AsyncIterable<RecordedEvent> {
  return store.readAll({ after, filter, ...(limit === undefined ? {} : { limit }) });
}

/**
 * Events behind `after` and all that come, until `signal` aborts or the store closes.
 *
 * @throws LogUnread when the store fails to give the next event
 */
export async function* followAfter(
  store: EventStore,
  after: number,
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  let last = after;
  try {
    // What the reader of this generator throws does not come by here.
    for await (const event of store.subscribe({ after, filter, signal })) {
      last = event.position;
      yield event;
    }
  } catch (error) {
    throw new LogUnread(last, error);
  }
}

/**
 * As `followAfter`, what is there already together: at most so many at a time, and none waits for the next.
 *
 * @throws LogUnread when the store fails to give the next event
 */
export async function* followTogether(
  store: EventStore,
  after: number,
  filter: EventFilter,
  signal: AbortSignal,
  most: number,
): AsyncGenerator<readonly RecordedEvent[]> {
  const left = new AbortController();
  const events = followAfter(store, after, filter, AbortSignal.any([signal, left.signal]));
  let coming: Promise<IteratorResult<RecordedEvent>> | undefined;
  try {
    for (;;) {
      const first = await (coming ?? events.next());
      coming = undefined;
      if (first.done) return;
      const together = [first.value];
      while (together.length < most) {
        coming ??= events.next();
        // Its failure, and its end, are met behind what came before.
        const ready = await Promise.race([coming.catch(() => undefined), turnOfEventLoop()]);
        if (!ready || ready.done) break;
        together.push(ready.value);
        coming = undefined;
      }
      yield together;
    }
  } finally {
    // A subscription that waits ends by its signal alone.
    left.abort();
    await events.return(undefined).catch(() => undefined);
  }
}

/** Whether an event of `types` stands behind `after` and not behind `upTo`. */
export async function anyBetween(
  store: EventStore,
  after: number,
  upTo: number,
  types: readonly string[],
): Promise<boolean> {
  if (after >= upTo) return false;
  for await (const { position } of eventsAfter(store, after, { types }, 1)) {
    return position <= upTo;
  }
  return false;
}
