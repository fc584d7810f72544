/**
 * What becomes of appends that are written in one transaction: each is judged by itself, against its stream as those
 * before it in the batch leave it. Pure: what stands in the log is given.
 */
import { eventHash } from '@flexledger/identity';
import { EventIdTaken, RevisionConflict } from '../errors';
import { type AppendResult } from '../port';
import type { PreparedAppend, PreparedEvent } from '../prepare-append';

/** Where an event stands. */
export interface Standing {
  readonly streamId: string;
  readonly revision: number;
  readonly position: number;
}

/** What has to be known of the log: the position of its last event, ends of streams, places of ids. */
export interface LogState {
  readonly position: number;
  readonly revisions: ReadonlyMap<string, number>;
  readonly standing: ReadonlyMap<string, Standing>;
}

/** A row to be written, but for `recordedAt`. */
export interface NewRow extends PreparedEvent, Standing {
  readonly hash: string;
}

/** One outcome an append, and the rows that follow from them. */
export interface JudgedBatch {
  readonly outcomes: readonly (AppendResult | RevisionConflict | EventIdTaken)[];
  readonly rows: readonly NewRow[];
}

/** Judges appends in their order. */
export function judgeBatch(batch: readonly PreparedAppend[], state: LogState): JudgedBatch {
  const revisions = new Map(state.revisions);
  const standing = new Map(state.standing);
  const rows: NewRow[] = [];
  let { position } = state;

  function judge(append: PreparedAppend): JudgedBatch['outcomes'][number] {
    const { streamId, expected, events } = append;
    const last = revisions.get(streamId) ?? -1;
    const follows = expected === 'any' ? last : expected === 'noStream' ? -1 : expected;
    if (follows !== last) {
      return repeatOf(append, follows, standing) ?? new RevisionConflict(streamId, expected, last);
    }
    const taken = events.flatMap(({ id }) => standing.get(id) ?? []);
    if (taken.length > 0) return clashOf(append, taken, standing);
    let revision = last;
    for (const event of events) {
      revision += 1;
      position += 1;
      const place = { streamId, revision, position };
      standing.set(event.id, place);
      rows.push({ ...event, ...place, hash: eventHash({ ...event, streamId, revision }) });
    }
    revisions.set(streamId, revision);
    return { revision, position };
  }

  return { outcomes: batch.map(judge), rows };
}

/** The old result, when the ids stand at exactly the revisions after `follows`. */
function repeatOf(
  { streamId, events }: PreparedAppend,
  follows: number,
  standing: ReadonlyMap<string, Standing>,
): AppendResult | undefined {
  let last: Standing | undefined;
  for (const [index, { id }] of events.entries()) {
    const place = standing.get(id);
    if (place?.streamId !== streamId || place.revision !== follows + 1 + index) return undefined;
    last = place;
  }
  return last && { revision: last.revision, position: last.position, repeated: true };
}

/** With `any`, ids that all stand in this very stream are a repeat; every other clash is refused. */
function clashOf(
  { streamId, expected, events }: PreparedAppend,
  taken: readonly Standing[],
  standing: ReadonlyMap<string, Standing>,
): AppendResult | EventIdTaken {
  const foreign = taken.find((place) => place.streamId !== streamId);
  if (!foreign && expected === 'any' && taken.length === events.length) {
    const { revision, position } = taken.at(-1)!;
    return { revision, position, repeated: true };
  }
  const place = foreign ?? taken[0]!;
  const { id } = events.find((event) => standing.get(event.id) === place)!;
  return new EventIdTaken(id, place.streamId, place.revision);
}
