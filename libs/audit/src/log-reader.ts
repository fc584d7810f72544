/** A log as an audit and a replay are given it; who reads a file or a bundle makes these of it. */
import type { RecordedEvent, StoredRow } from '@flexledger/domain';

/** The rows of a log as they are stored, sound or not. */
export interface StoredRows {
  /** In the order of the log. @throws LogUnreadable where nothing further can be read */
  rows(): Iterable<StoredRow> | AsyncIterable<StoredRow>;
  /** What is wrong with the log as a whole. */
  readonly faults: readonly string[];
  /** What is wrong with a row beyond what its values show; undefined for a sound row. */
  rowFault(row: StoredRow): string | undefined;
}

/** Recorded events, each by the order of the log. */
export interface LogReader {
  readAll(): AsyncIterable<RecordedEvent>;
  /** The events of a stream; an absent stream is empty. */
  readStream(streamId: string): AsyncIterable<RecordedEvent>;
}

/** A log cannot be read any further; the message says why. */
export class LogUnreadable extends Error {
  override readonly name = 'LogUnreadable';
}

/** The log has no such session, or none that can be audited or replayed; the message says which it has. */
export class SessionNotAuditable extends Error {
  override readonly name = 'SessionNotAuditable';
}
