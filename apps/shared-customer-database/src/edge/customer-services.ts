import type { DocumentStore } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { Census } from '../census/census';
import type { SetpointDesk } from '../setpoints/setpoint-desk';

/** What the shared customer database's HTTP interface stands on; the composer opens it. */
export interface CustomerServices {
  readonly census: Census;
  readonly setpoints: SetpointDesk;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  /** Zone of the delivery days. */
  readonly timeZone: string;
  readonly clock: Clock;
}

/** Under which Nest finds the `CustomerServices`. */
export const CUSTOMERS = Symbol('customer services');
