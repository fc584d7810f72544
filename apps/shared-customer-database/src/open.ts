/**
 * The shared customer database opens itself: the register of PoDs, certified measurements and the
 * first step of setpoints, over a log and its views.
 */
import type { EventStore } from '@flexledger/event-store';
import type { MeasurementsPort, RegisterPort, SetpointsPort } from '@flexledger/ports';
import {
  type AnyView,
  type Views,
  activationsView,
  baselinesView,
  dataAccessView,
  measurementsView,
  outcomesView,
  podRegisterView,
  sessionsView,
} from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import type { SharedCustomerDatabasePolicy } from './policy';
import { createReportProcess } from './packages/report-process';
import { measurementsPort } from './ports/measurements-port';
import { type CustomerReads, registerPort } from './ports/register-port';
import { setpointsPort } from './ports/setpoints-port';
import { accessProcess } from './register/access-process';
import { createRegister } from './register/register';
import { createSetpointIntake } from './setpoints/setpoint-intake';
import { SharedCustomerDatabaseModule } from './shared-customer-database.module';

export interface SharedCustomerDatabaseOptions {
  readonly log: EventStore;
  /** Fold `sharedCustomerDatabaseViews` at least. */
  readonly views: Views;
  readonly clock: Clock;
  /** Absent: packages of quarter-hours are given to who asks, and not sent by themselves. */
  readonly timers?: Timers;
  readonly policy: SharedCustomerDatabasePolicy;
}

export interface OpenedSharedCustomerDatabase extends OpenedPlatform {
  readonly ports: {
    readonly register: RegisterPort;
    readonly measurements: MeasurementsPort;
    readonly setpoints: SetpointsPort;
  };
}

/** The views that its ports and routes read. */
export const sharedCustomerDatabaseViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  measurementsView,
  activationsView,
  sessionsView,
  outcomesView,
  dataAccessView,
];

/** Opens it. Nothing is to be resumed, and nothing to be closed. */
export async function openSharedCustomerDatabase(
  options: SharedCustomerDatabaseOptions,
): Promise<OpenedSharedCustomerDatabase> {
  const { log, views, clock, timers, policy } = options;
  const reads: CustomerReads = {
    documents: views.documents,
    caughtUp: () => views.caughtUp(),
  };
  const register = createRegister({ store: log, clock, timeZone: policy.timeZone });
  const intake = createSetpointIntake({ store: log, clock, policy, podState: register.podState });
  const ports = {
    register: registerPort(register, reads),
    measurements: measurementsPort(reads, policy),
    setpoints: setpointsPort(intake),
  };
  const http = SharedCustomerDatabaseModule.register({
    register,
    setpoints: intake,
    ports,
    documents: views.documents,
    clock,
    policy,
  });
  const { packageMinutes: delayMinutes } = policy;
  const processors = [
    accessProcess(log, clock),
    ...(timers ? [createReportProcess({ log, views, clock, timers, delayMinutes })] : []),
  ];
  return { http, processors, ports, close: async () => {} };
}
