/** Reads that KurrentDB's protocol has and the port has not: backwards, and the end of a stream. */
import type { RecordedEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '../port';

/** Positions looked through at first; doubled as long as they hold too little. */
const FIRST_WINDOW = 64;
const LARGEST_WINDOW = 65_536;

/** The log from the event before `before` to its beginning; from its end when absent. */
export async function* readAllBackwards(
  log: EventStore,
  before?: number,
): AsyncGenerator<RecordedEvent> {
  let end = before === undefined ? await log.head() : before - 1;
  for (
    let window = FIRST_WINDOW;
    end > BEFORE_FIRST;
    window = Math.min(2 * window, LARGEST_WINDOW)
  ) {
    const after = Math.max(BEFORE_FIRST, end - window);
    const found: RecordedEvent[] = [];
    for await (const event of log.readAll({ after })) {
      if (event.position > end) break;
      found.push(event);
    }
    yield* found.reverse();
    end = after;
  }
}

/** A stream from a revision, or its end, to its beginning. */
export async function* readStreamBackwards(
  log: EventStore,
  streamId: string,
  from?: number,
): AsyncGenerator<RecordedEvent> {
  const last = await lastRevision(log, streamId);
  let end = Math.min(from ?? last, last);
  for (let window = FIRST_WINDOW; end >= 0; window = Math.min(2 * window, LARGEST_WINDOW)) {
    const first = Math.max(0, end - window + 1);
    const found: RecordedEvent[] = [];
    for await (const event of log.readStream(streamId, first)) {
      if (event.revision > end) break;
      found.push(event);
    }
    yield* found.reverse();
    end = first - 1;
  }
}

/** The revision of the last event, -1 without one: revisions have no gaps, so it is searched for. */
export async function lastRevision(log: EventStore, streamId: string): Promise<number> {
  const stands = async (revision: number): Promise<boolean> => {
    for await (const _ of log.readStream(streamId, revision)) return true;
    return false;
  };
  if (!(await stands(0))) return -1;
  let below = 0;
  let above = 1;
  while (await stands(above)) {
    below = above;
    above *= 2;
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (await stands(middle)) below = middle;
    else above = middle;
  }
  return below;
}
