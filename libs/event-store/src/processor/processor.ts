/**
 * A process manager: it sees the log's events in their order, one at a time, and answers with
 * commands. It may see an event again after a crash, a takeover or a failure (at least once), so what
 * it commands must carry ids that follow from the event.
 */
import type { RecordedEvent } from '@flexledger/domain';

export interface Processor {
  /** Unique among all processors of a log: lease, checkpoint and decisions stand under it. */
  readonly name: string;
  /** Types of the events it wants. */
  readonly types: readonly string[];
  /**
   * Resolves when the event is dealt with, for good; MUST settle. A rejection means that nothing can
   * be done about it now: it is handed on again.
   */
  readonly handle: (event: RecordedEvent) => Promise<void>;
  /**
   * For a processor that does several at once in less time: deals with events that follow on each other as
   * `handle` would with one after another. A rejection leaves open which of them are dealt with: they are
   * handed on again, fewer at a time, and the first of them by `handle`.
   */
  readonly handleSeveral?: (events: readonly RecordedEvent[]) => Promise<void>;
  /**
   * For a processor that does more than answer events (a calendar, a regular sealing, read models to be
   * folded): called each time this instance begins to work, before it is handed an event. It MUST return
   * soon; what it leaves running ends when `signal` aborts, for then another instance may work.
   */
  readonly begin?: (turn: ProcessorTurn) => Promise<void>;
  /**
   * For a processor that arms timers or keeps something in memory: the position after which it needs
   * events again when this instance begins, however far they have been handled.
   */
  readonly replayAfter?: () => Promise<number>;
}

/** The time in which one instance works. */
export interface ProcessorTurn {
  /** Aborts when the lease is lost, and when the instance ends. */
  readonly signal: AbortSignal;
  /** Of the lease; grows from holder to holder. 0 in the ordered driver, which has no leases. */
  readonly fence: number;
}

/** Something went wrong that is tried again, waits for an operator, or was left out (drain). */
export interface ProcessorProblem {
  readonly processor: string;
  /** The event at issue; undefined when it is none. */
  readonly event: { readonly id: string | null; readonly position: number } | undefined;
  readonly error: unknown;
  /** What happened and what comes next, in a sentence. */
  readonly message: string;
}
