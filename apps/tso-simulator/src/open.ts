/** The TSO simulator opens itself: this is all that a composer sees of it. */
import type { EventStore } from '@flexledger/event-store';
import type { OrdersPort } from '@flexledger/ports';
import type { Clock, Timers } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import type { TsoPolicy } from './policy';
import { createTsoProcess } from './requests/tso-process';
import { TsoSimulatorModule } from './tso-simulator.module';

export interface TsoOptions {
  readonly log: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ports: { readonly orders: Pick<OrdersPort, 'requestFlexibility'> };
  readonly policy: TsoPolicy;
  /** Told of what went wrong and will be tried again. */
  readonly onProblem: (problem: string) => void;
}

/** Opens the simulator; it asks for nothing before a session of the log is due. */
export async function openTsoSimulator(options: TsoOptions): Promise<OpenedPlatform> {
  const { log, clock, timers, ports, policy, onProblem } = options;
  return {
    http: { module: TsoSimulatorModule },
    processors: [createTsoProcess({ log, clock, timers, orders: ports.orders, policy, onProblem })],
    close: async () => {},
  };
}
