import { type ComputationParameters, DomainError } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';
import type { RegisterPort } from '@flexledger/ports';
import type { Clock } from '@flexledger/runtime';
import type { BalancingJobs } from '../balancing/balancing-jobs';
import type { DerControl } from '../der-control/der-control';
import type { ForecastRecorder } from '../forecast/record-forecast';
import type { OwnGrid } from '../grid-model/own-grid';
import type { LoadProfiles } from '../load-profiles/load-profiles';
import type { LiveOperations } from '../operations/live-operations';
import type { PhasorSeries } from '../phasors/phasor-series';
import type { StateEstimation } from '../state-estimation/state-estimation';
import type { Switching } from '../switching/switching';
import type { Tariffs } from '../tariffs/tariffs';

/** What the platform's HTTP interface stands on. */
export interface GridServices {
  /** The grid that this platform operates. */
  readonly gridId: string;
  readonly grid: Pick<OwnGrid, 'asOf' | 'current'>;
  /** Network models are read from their own streams. */
  readonly store: EventStore;
  /** The platform's views, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  /** The one that the grid process writes with. */
  readonly forecasts: ForecastRecorder;
  /** The market's customers, in the shared customer database. */
  readonly register: Pick<RegisterPort, 'podsOf'>;
  readonly switching: Switching;
  readonly estimation: StateEstimation;
  readonly profiles: Pick<LoadProfiles, 'standing' | 'rework'>;
  readonly balancing: BalancingJobs;
  readonly tariffs: Tariffs;
  /** Undefined where they are not taken in. */
  readonly phasors: PhasorSeries | undefined;
  readonly operations: LiveOperations | undefined;
  readonly derControl: DerControl | undefined;
  /** The parameters that hold until an administrator sets others. */
  readonly policy: ComputationParameters;
  readonly clock: Clock;
}

/** What of the grid the DSO can grant to others: what tells of no single customer. */
export const GRANTED_GRID = { dataSet: 'grid' } as const;

/** @throws DomainError `grid-unknown` for a grid that this platform does not operate */
export function requireOperated(operated: GridServices, gridId: string): void {
  if (gridId === operated.gridId) return;
  const message = `This platform operates grid ${operated.gridId}, not ${gridId}.`;
  throw new DomainError('grid-unknown', message);
}

/** Under which Nest finds the `GridServices`. */
export const GRIDS = Symbol('grid services');
