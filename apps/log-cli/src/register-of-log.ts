import type { EventStore } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import { type PlantCosts, createPlantCosts } from '@flexledger/aggregator-platform';
import { type AnyView, biddersView, openViews, unitCostsView } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import {
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
  sharedCustomerDatabaseViews,
} from '@flexledger/shared-customer-database';

const VIEWS: readonly AnyView[] = [...sharedCustomerDatabaseViews, unitCostsView, biddersView];

/**
 * Works with the register of a log and the declared costs outside a running platform, on read models of its own: those of the
 * folder belong to a platform that may be running.
 */
export async function withRegister<Result>(
  log: EventStore,
  timeZone: string,
  work: (register: RegisterPort, costs: PlantCosts) => Promise<Result>,
): Promise<Result> {
  const views = openViews({ path: ':memory:', store: log, views: VIEWS });
  try {
    const policy = { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone };
    const clock = wallClock;
    const { ports } = await openSharedCustomerDatabase({ log, views, clock, policy });
    return await work(ports.register, createPlantCosts({ log, views, clock }));
  } finally {
    await views.close();
  }
}
