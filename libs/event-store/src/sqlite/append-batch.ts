/**
 * The write side: many appends in one transaction, each judged by itself against the stream as its
 * predecessors in the batch leave it (DESIGN 6).
 */
import { LRUCache } from 'lru-cache';
import type Database from 'libsql';
import { eventHash } from '@flexledger/identity';
import { type Clock, isoNow } from '@flexledger/runtime';
import { EventIdTaken, LogDamaged, RevisionConflict } from '../errors';
import { type AppendResult, BEFORE_FIRST } from '../port';
import type { PreparedAppend, PreparedEvent } from '../prepare-append';
import type { Archives } from './archive/archives';
import { COLUMNS, rowChecksum, type RowValues } from './log-format';
import { isBusy } from './busy-file';
import { lastPositionOf, lastRevisionOf } from './read-pages';
import { damageOr, sqliteCode } from './sqlite-errors';

/** Streams whose last revision is kept at hand; about 30 MB when full. */
const STREAMS_REMEMBERED = 200_000;

/** What became of one append: where it stands, or why it was refused. */
export type AppendOutcome = AppendResult | RevisionConflict | EventIdTaken | LogDamaged;

/** A batch that is durable. */
export interface BatchWritten {
  readonly outcomes: readonly AppendOutcome[];
  /** Somebody else had appended since this writer's last batch. */
  readonly othersWrote: boolean;
}

interface Standing {
  readonly id: string;
  readonly streamId: string;
  readonly revision: number;
  readonly position: number;
}

export interface BatchWriterOptions {
  readonly db: Database.Database;
  readonly path: string;
  readonly archives: Pick<Archives, 'ofStream'>;
  readonly clock: Clock;
  /** Position of the last event that is stored, `BEFORE_FIRST` in an empty log. */
  readonly lastPosition: number;
  /** The next position. The one that follows when absent; suites leave gaps, as other engines do. */
  readonly positionAfter?: (position: number) => number;
}

/**
 * Writes batches. Others may write to the same file: what it remembers of streams holds as long as
 * nobody has appended since, which it learns at the beginning of each transaction.
 */
export class BatchWriter {
  private readonly insert: Database.Statement;
  private readonly undoAfter: Database.Statement;
  private readonly lastRevisionStored: (streamId: string) => number;
  private readonly byId: Database.Statement;
  private readonly byRevision: Database.Statement;

  private readonly lastPositionStored: () => number;

  /** Last revision of the streams used last. */
  private readonly revisions = new LRUCache<string, number>({ max: STREAMS_REMEMBERED });
  private committedPosition: number;
  /** Since the last batch that was written: one that failed told nobody of it. */
  private othersWrote = false;
  /** Position of the last event written, committed or not. */
  private writtenPosition: number;
  private readonly db: Database.Database;
  private readonly path: string;
  private readonly archives: Pick<Archives, 'ofStream'>;
  private readonly clock: Clock;
  private readonly positionAfter: (position: number) => number;

  constructor(options: BatchWriterOptions) {
    const { db, path, archives, clock, lastPosition, positionAfter = following } = options;
    this.archives = archives;
    this.db = db;
    this.path = path;
    this.clock = clock;
    this.positionAfter = positionAfter;
    this.committedPosition = lastPosition;
    this.writtenPosition = lastPosition;
    const marks = COLUMNS.map(() => '?').join(', ');
    this.insert = db.prepare(`INSERT INTO events (${COLUMNS.join(', ')}) VALUES (${marks})`);
    this.undoAfter = db.prepare('DELETE FROM events WHERE position > ?');
    this.lastPositionStored = lastPositionOf(db);
    this.lastRevisionStored = lastRevisionOf(db);
    // Text leaves as a blob: the driver ends the process at bytes that are no UTF-8.
    this.byId = db
      .prepare('SELECT CAST(streamId AS BLOB), revision, position FROM events WHERE id = ?')
      .raw();
    this.byRevision = db
      .prepare('SELECT position FROM events WHERE streamId = ? AND revision = ? AND id = ?')
      .raw();
  }

  /**
   * Writes the batch in one transaction and returns, once it is durable, one outcome an append;
   * `undefined` when another process holds the file, and nothing has been tried then.
   *
   * @throws LogDamaged, or SQLite's own error, when the transaction failed; then nothing is written
   */
  write(batch: readonly PreparedAppend[]): BatchWritten | undefined {
    try {
      if (!this.begin()) return undefined;
      this.noticeOthers();
      const recordedAt = isoNow(this.clock);
      const outcomes = batch.map((append) => this.appendOne(append, recordedAt));
      this.db.exec('COMMIT');
      this.committedPosition = this.writtenPosition;
      const { othersWrote } = this;
      this.othersWrote = false;
      return { outcomes, othersWrote };
    } catch (error) {
      this.revisions.clear();
      this.writtenPosition = this.committedPosition;
      // A full disk makes SQLite roll back by itself.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw damageOr(this.path, error);
    }
  }

  private begin(): boolean {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  /** From here to the commit nobody else can write. */
  private noticeOthers(): void {
    const stored = this.lastPositionStored();
    if (stored === this.committedPosition) return;
    this.revisions.clear();
    this.committedPosition = stored;
    this.writtenPosition = stored;
    this.othersWrote = true;
  }

  private appendOne(append: PreparedAppend, recordedAt: string): AppendOutcome {
    const { streamId, expected } = append;
    const last = this.lastRevision(streamId);
    const follows = expected === 'any' ? last : expected === 'noStream' ? -1 : expected;
    if (follows === last) return this.insertAll(append, last, recordedAt);
    const repeated = follows < last ? this.findRepeated(append, follows, last) : undefined;
    return repeated ?? new RevisionConflict(streamId, expected, last);
  }

  private insertAll(append: PreparedAppend, last: number, recordedAt: string): AppendOutcome {
    const before = this.writtenPosition;
    let revision = last;
    for (const event of append.events) {
      revision += 1;
      try {
        this.insertOne(append.streamId, revision, event, recordedAt);
      } catch (error) {
        if (sqliteCode(error) !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
        this.undoAfter.run([before]);
        this.writtenPosition = before;
        return this.explainTakenId(append);
      }
    }
    this.revisions.set(append.streamId, revision);
    return { revision, position: this.writtenPosition };
  }

  private insertOne(
    streamId: string,
    revision: number,
    event: PreparedEvent,
    recordedAt: string,
  ): void {
    const { id, type, schemaVersion, occurredAt, correlationId, causationId, actor, dataJson } =
      event;
    const hash = eventHash({
      id,
      type,
      schemaVersion,
      streamId,
      revision,
      occurredAt,
      correlationId,
      causationId,
      actor,
      dataJson,
    });
    const position = this.positionAfter(this.writtenPosition);
    const checksum = rowChecksum({ position, recordedAt, hash });
    // In the order of COLUMNS.
    this.insert.run([
      position,
      id,
      streamId,
      revision,
      type,
      schemaVersion,
      occurredAt,
      recordedAt,
      correlationId,
      causationId,
      actor,
      dataJson,
      hash,
      checksum,
    ] satisfies RowValues);
    this.writtenPosition = position;
  }

  /** The old result when the ids stand at exactly the revisions after `follows`. */
  private findRepeated(
    append: PreparedAppend,
    follows: number,
    last: number,
  ): AppendResult | LogDamaged | undefined {
    let position = BEFORE_FIRST;
    let revision = follows;
    for (const event of append.events) {
      revision += 1;
      if (revision > last) return undefined;
      const [row] = this.byRevision.all([append.streamId, revision, event.id]) as [number][];
      const found = row ? row[0] : this.archivedAt(append.streamId, revision, event.id, last);
      if (typeof found !== 'number') return found;
      position = found;
    }
    return { revision, position, repeated: true };
  }

  /** Position of an event that has gone into the archive. */
  private archivedAt(
    streamId: string,
    revision: number,
    id: string,
    last: number,
  ): number | LogDamaged | undefined {
    if (revision === last) return undefined;
    try {
      const before = { revision: last, position: Infinity };
      const [row] = this.archives.ofStream(streamId, revision, before, 1) ?? [];
      return row?.id === id ? row.position : undefined;
    } catch (error) {
      // It concerns this append alone.
      if (error instanceof LogDamaged) return error;
      throw error;
    }
  }

  /** With `any`, ids that all stand in this very stream are a repeat; every other clash is refused. */
  private explainTakenId({ streamId, expected, events }: PreparedAppend): AppendOutcome {
    const standing = events.flatMap((event) => this.findById(event.id));
    const foreign = standing.find((other) => other.streamId !== streamId);
    const taken = foreign ?? standing[0];
    if (!taken) throw new LogDamaged(this.path, 'its indexes and its rows differ');
    if (foreign || expected !== 'any' || standing.length < events.length) {
      return new EventIdTaken(taken.id, taken.streamId, taken.revision);
    }
    const { revision, position } = standing[standing.length - 1]!;
    return { revision, position, repeated: true };
  }

  private findById(id: string): Standing[] {
    const rows = this.byId.all([id]) as [Buffer, number, number][];
    return rows.map(([streamId, revision, position]) => ({
      id,
      streamId: streamId.toString('utf8'),
      revision,
      position,
    }));
  }

  private lastRevision(streamId: string): number {
    return this.revisions.get(streamId) ?? this.lastRevisionStored(streamId);
  }
}

function following(position: number): number {
  return position + 1;
}
