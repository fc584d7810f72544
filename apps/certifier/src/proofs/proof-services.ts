import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';

/** What the certifier's HTTP interface stands on; the composer opens it. */
export interface ProofServices {
  readonly store: EventStore;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
}

/** Under which Nest finds the `ProofServices`. */
export const PROOFS = Symbol('proof services');
/** Under which Nest finds the `LogTree`. */
export const LOG_TREE = Symbol('log tree');
