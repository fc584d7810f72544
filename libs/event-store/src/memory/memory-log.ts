import type { RecordedEvent, StoredRow } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { EventIdTaken, RevisionConflict } from '../errors';
import { type AppendResult, BEFORE_FIRST } from '../port';
import type { PreparedAppend } from '../prepare-append';
import { rowChecksum } from '../sqlite/log-format';

/** A log in memory: the disk, as it were, that outlives the processes which have it open. */
export interface MemoryLog {
  /** In global order; the position of an event is its index. */
  readonly events: readonly RecordedEvent[];
  /** Indexes, ascending, of a stream's events. */
  indexesOf(streamId: string): readonly number[];
  /** Writes one append, or says why it is refused. @param recordedAt ISO 8601 UTC with milliseconds */
  write(append: PreparedAppend, recordedAt: string): AppendResult | RevisionConflict | EventIdTaken;
  /** Calls `wake` after each write until the function it returns is called. */
  onWrite(wake: () => void): () => void;
  /** The rows as an auditor reads them. */
  rows(): Iterable<StoredRow>;
  /** The machine loses its power: what was not synced is gone. Nobody may have the log open. */
  cutPower(): void;
}

export interface MemoryLogOptions {
  /**
   * Whether a write, counted from 1, is on the disk when it is answered, with all before it. Each is when
   * absent; a model of a broken disk answers otherwise.
   */
  readonly isSynced?: (write: number) => boolean;
}

/** A log that holds nothing yet. */
export function createMemoryLog({ isSynced = () => true }: MemoryLogOptions = {}): MemoryLog {
  const events: RecordedEvent[] = [];
  const byStream = new Map<string, number[]>();
  const byId = new Map<string, number>();
  const sleepers = new Set<() => void>();
  let writes = 0;
  let synced = 0;

  function push(event: RecordedEvent): void {
    const index = events.length;
    events.push(event);
    byId.set(event.id, index);
    const ofStream = byStream.get(event.streamId);
    if (ofStream) ofStream.push(index);
    else byStream.set(event.streamId, [index]);
  }

  function insertAll(append: PreparedAppend, last: number, recordedAt: string) {
    const taken = append.events.find(({ id }) => byId.has(id));
    if (taken) return explainTakenId(append, taken.id);
    const { streamId } = append;
    let revision = last;
    for (const { dataJson, ...envelope } of append.events) {
      revision += 1;
      const hash = eventHash({ ...envelope, streamId, revision, dataJson });
      const place = { streamId, revision, position: events.length, recordedAt };
      push({ ...envelope, ...place, data: JSON.parse(dataJson) as object, hash });
    }
    writes += 1;
    if (isSynced(writes)) synced = events.length;
    for (const wake of [...sleepers]) wake();
    return { revision, position: events.length - 1 };
  }

  /** With `any`, ids that all stand in this very stream are a repeat; every other clash is refused. */
  function explainTakenId(append: PreparedAppend, takenId: string) {
    const { streamId, expected } = append;
    const standing = append.events.flatMap(({ id }) => events[byId.get(id) ?? -1] ?? []);
    const foreign = standing.find((other) => other.streamId !== streamId);
    if (foreign || expected !== 'any' || standing.length < append.events.length) {
      const { id, streamId: where, revision } = foreign ?? events[byId.get(takenId)!]!;
      return new EventIdTaken(id, where, revision);
    }
    const { revision, position } = standing.at(-1)!;
    return { revision, position, repeated: true } as const;
  }

  /** The old result when the ids stand at exactly the revisions after `follows`. */
  function repeatedAfter(follows: number, append: PreparedAppend): AppendResult | undefined {
    const ofStream = byStream.get(append.streamId) ?? [];
    const standing = append.events.map((_, at) => events[ofStream[follows + 1 + at] ?? -1]);
    if (standing.some((event, at) => event?.id !== append.events[at]!.id)) return undefined;
    const { revision, position } = standing.at(-1)!;
    return { revision, position, repeated: true };
  }

  return {
    events,
    indexesOf: (streamId) => byStream.get(streamId) ?? [],
    write(append, recordedAt) {
      const { streamId, expected } = append;
      const last = (byStream.get(streamId)?.length ?? 0) - 1;
      const follows = expected === 'any' ? last : expected === 'noStream' ? BEFORE_FIRST : expected;
      if (follows === last) return insertAll(append, last, recordedAt);
      const repeated = follows < last ? repeatedAfter(follows, append) : undefined;
      return repeated ?? new RevisionConflict(streamId, expected, last);
    },
    onWrite(wake) {
      sleepers.add(wake);
      return () => sleepers.delete(wake);
    },
    *rows() {
      for (const { data, ...envelope } of events) {
        yield { ...envelope, data: canonicalJson(data), checksum: rowChecksum(envelope) };
      }
    },
    cutPower() {
      const kept = events.slice(0, synced);
      events.length = 0;
      byId.clear();
      byStream.clear();
      kept.forEach(push);
    },
  };
}
