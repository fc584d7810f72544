/**
 * A log copied into another engine, event by event in the log's order: with its ids, its revisions, the very bytes
 * that the hashes cover, and the time at which each was recorded. So every hash, leaf, root and proof stays as it was.
 */
import type { RecordedEvent } from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';
import { APPEND_LIMIT_BYTES, type EventStore } from './port';

/** What a copy has come to. */
export interface LogCopied {
  /** Events that stood there before, found equal to those of the source. */
  readonly found: number;
  /** Events written now. */
  readonly written: number;
}

/** Source and destination are not the same log up to where the destination ends. */
export class LogsDiffer extends Error {
  constructor(reason: string) {
    super(
      `The two are not one log: ${reason}. Nothing was written; copy into a place that holds no log, or the beginning of this one.`,
    );
    this.name = 'LogsDiffer';
  }
}

/** What one append carries at most, so that no engine meets a call of many megabytes. */
const APPEND_EVENTS = 500;

/**
 * Appends to `to` what `from` has and it has not. What stands there already is compared first, each event with its
 * counterpart, so that a copy that was cut off goes on where it stopped, and one that is repeated verifies.
 *
 * @param onRecordedAt told before each append when its events were recorded: the clock that `to` was opened with has to say so
 * @param onProgress told how many events of the source are in both
 * @throws LogsDiffer when `to` holds anything that is not the beginning of `from`, before anything is written
 */
export async function copyLog(
  from: EventStore,
  to: EventStore,
  onRecordedAt: (recordedAtMs: number) => void,
  onProgress: (events: number) => void,
): Promise<LogCopied> {
  const { found, last } = await compare(from, to, onProgress);
  let written = 0;
  const appendAll = async (events: readonly RecordedEvent[]): Promise<void> => {
    if (events.length === 0) return;
    onRecordedAt(Date.parse(events[0]!.recordedAt));
    // Calls that are not awaited keep their order; the next instant begins once these are written.
    await Promise.all(
      runs(events).map((run) => {
        const [first] = run;
        const expected = first!.revision === 0 ? 'noStream' : first!.revision - 1;
        return to.append(first!.streamId, expected, run);
      }),
    );
    written += events.length;
    onProgress(found + written);
  };
  let instant: RecordedEvent[] = [];
  for await (const event of from.readAll({ ...(last && { after: last }), readAhead: true })) {
    const isLater = instant.length > 0 && instant[0]!.recordedAt !== event.recordedAt;
    if (isLater || instant.length === APPEND_EVENTS) {
      await appendAll(instant);
      instant = [];
    }
    instant.push(event);
  }
  await appendAll(instant);
  return { found, written };
}

/** @returns how many events of `to` are those of `from`, and the position in `from` of the last one, if any */
async function compare(
  from: EventStore,
  to: EventStore,
  onProgress: (events: number) => void,
): Promise<{ found: number; last: number | undefined }> {
  const source = from.readAll({ readAhead: true })[Symbol.asyncIterator]();
  let found = 0;
  let last: number | undefined;
  try {
    for await (const copied of to.readAll({ readAhead: true })) {
      const { value, done } = (await source.next()) as IteratorResult<RecordedEvent, undefined>;
      if (done) throw new LogsDiffer(`the copy has more events than the ${found} of the source`);
      const difference = differenceOf(value, copied);
      if (difference !== undefined) {
        throw new LogsDiffer(
          `event ${found} is ${value.type} ${value.revision} of ${value.streamId} in the source, and ${difference}`,
        );
      }
      found += 1;
      last = value.position;
      if (found % 1_000 === 0) onProgress(found);
    }
  } finally {
    await source.return?.();
  }
  return { found, last };
}

function differenceOf(one: RecordedEvent, other: RecordedEvent): string | undefined {
  if (one.id !== other.id || one.hash !== other.hash) {
    const isPlace = one.streamId === other.streamId && one.revision === other.revision;
    const what = isPlace
      ? 'another event of that place'
      : `${other.type} ${other.revision} of ${other.streamId}`;
    return `${what} in the copy`;
  }
  // The hash covers all but the time of recording.
  if (one.recordedAt !== other.recordedAt) return `recorded at ${other.recordedAt} in the copy`;
  return undefined;
}

/** Neighbours of one stream go into one append, as far as it may carry them. */
function runs(events: readonly RecordedEvent[]): RecordedEvent[][] {
  const all: RecordedEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const run = all.at(-1);
    const length = Buffer.byteLength(canonicalJson(event.data));
    if (run?.[0]!.streamId === event.streamId && bytes + length <= APPEND_LIMIT_BYTES) {
      run.push(event);
      bytes += length;
    } else {
      all.push([event]);
      bytes = length;
    }
  }
  return all;
}
