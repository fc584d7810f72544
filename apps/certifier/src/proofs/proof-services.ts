import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';
import type { PartyLog } from '@flexledger/service-kit';
import type { CertifiedLog } from '../leaves/certified-log';
import type { AnchorCounts } from './anchor-counts';

/** What the certifier's HTTP interface stands on; `openCertifier` makes it. */
export interface ProofServices {
  readonly log: EventStore;
  /** The log as each speaker is shown it. */
  readonly shown: PartyLog;
  readonly certified: CertifiedLog;
  readonly anchorCounts: AnchorCounts;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
}

/** Under which Nest finds the `ProofServices`. */
export const PROOFS = Symbol('proof services');
