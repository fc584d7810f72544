import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';
import type { ForecastRecorder } from '../forecast/record-forecast';
import type { StateEstimation } from '../state-estimation/state-estimation';

/** What the DSO technical platform's HTTP interface stands on; the composer opens it. */
export interface GridServices {
  /** Network models are read from their own streams. */
  readonly store: EventStore;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  /** The one that the grid process writes with. */
  readonly forecasts: ForecastRecorder;
  readonly estimation: StateEstimation;
}

/** Under which Nest finds the `GridServices`. */
export const GRIDS = Symbol('grid services');
