import type { MeasurementsPort, RegisterPort } from '@flexledger/ports';
import type { DocumentStore } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { SharedCustomerDatabasePolicy } from '../policy';
import type { Register } from '../register/register';
import type { SetpointIntake } from '../setpoints/setpoint-intake';

/** What the shared customer database's HTTP interface stands on; `openSharedCustomerDatabase` makes it. */
export interface CustomerServices {
  readonly register: Register;
  readonly setpoints: SetpointIntake;
  readonly ports: { readonly register: RegisterPort; readonly measurements: MeasurementsPort };
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly policy: SharedCustomerDatabasePolicy;
}

/** Under which Nest finds the `CustomerServices`. */
export const CUSTOMERS = Symbol('customer services');
