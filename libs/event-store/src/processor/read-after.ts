/** Reading the log behind a position: the one place of the processors that asks the port for events. */
import type { RecordedEvent } from '@flexledger/domain';
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
