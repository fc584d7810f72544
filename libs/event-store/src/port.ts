/**
 * The event log as every part of the platform sees it (DESIGN 6). Engines share this text and one
 * contract suite, not a base class.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';

/**
 * What the writer believes of the stream: the revision of its last event, that it does not exist,
 * or nothing. Only a named revision (or `noStream`) makes "equal ids append once" a promise.
 */
export type ExpectedRevision = number | 'noStream' | 'any';

/** Most bytes of canonical `data` that one append may carry, in every engine (DESIGN 6). */
export const APPEND_LIMIT_BYTES = 1024 * 1024;

export interface AppendResult {
  /** Revision of the last event of this append. */
  readonly revision: number;
  /** Global position of the last event of this append; greater than all that stood before it. */
  readonly position: number;
  /** The events stood already, so nothing was written. Engines that cannot tell leave it out. */
  readonly repeated?: true;
}

/**
 * Which events a reader wants. An event passes when it matches every given member: one of `types`,
 * and a beginning among `streamPrefixes`. An empty list matches nothing.
 */
export interface EventFilter {
  readonly types?: readonly string[];
  readonly streamPrefixes?: readonly string[];
}

/**
 * Before every event: what a reader names that has seen none. A position is opaque. It increases along
 * the log and leaves gaps; it is compared and handed back, never counted with, nor taken for an index.
 */
export const BEFORE_FIRST = -1;

export interface SubscribeOptions {
  /** Events behind this position: one that the log handed out (a stored checkpoint), or `BEFORE_FIRST`. */
  readonly after: number;
  readonly filter?: EventFilter;
  /** Ends the subscription without an error. */
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  /** Events behind this position: one that the log handed out, or `BEFORE_FIRST`, as when absent. */
  readonly after?: number;
  /** At most so many events; all when absent. */
  readonly limit?: number;
  readonly filter?: EventFilter;
  /** A long stretch will be read to its end: an engine MAY use a thread for it. The events are the same. */
  readonly readAhead?: boolean;
}

export interface EventStore {
  /**
   * Appends all of `events` to one stream, or none. MUST be durable when it resolves. Calls that
   * are made without awaiting each other are recorded in the order of the calls. MUST reject with
   * `RevisionConflict` when the stream is not at `expected`; an append whose ids all stand already
   * at exactly the following revisions MUST succeed with the old result and write nothing.
   * MUST reject with `AppendTooLarge` above `APPEND_LIMIT_BYTES`, and with `InvalidAppend` when an
   * event has no JSON form, a field is not as the envelope says, or there is no event at all.
   * The events are read during the call: the caller MAY change its objects afterwards.
   */
  append(
    streamId: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult>;

  /** The stream's events in order, from a revision; an absent stream is empty. */
  readStream(streamId: string, fromRevision?: number): AsyncIterable<RecordedEvent>;

  /** Recorded events in global order, up to the end of the log as it is when reading starts. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /**
   * Catches up with what stands after `after`, then follows. MUST deliver in global order, without loss and without
   * repetition within one subscription, and MUST NOT run ahead of a slow reader by more than a
   * bounded buffer. Ends when `signal` aborts or the store closes.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<RecordedEvent>;

  /** Position of the last event, or `BEFORE_FIRST` when the log is empty. */
  head(): Promise<number>;

  /**
   * Waits for pending appends, ends subscriptions, gives the log free for another process. Calls
   * made afterwards, and reads still under way, reject with `LogClosed`. A second call is harmless.
   */
  close(): Promise<void>;
}
