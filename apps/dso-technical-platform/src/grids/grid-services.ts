import { DomainError } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
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
  readonly clock: Clock;
}

/** @throws DomainError `grid-unknown` for a grid that this platform does not operate */
export function requireOperated({ estimation }: GridServices, gridId: string): void {
  if (gridId === estimation.gridId) return;
  const message = `This platform operates grid ${estimation.gridId}, not ${gridId}.`;
  throw new DomainError('grid-unknown', message);
}

/** Under which Nest finds the `GridServices`. */
export const GRIDS = Symbol('grid services');
