import type { EventStore } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import { openViews } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import {
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
  sharedCustomerDatabaseViews,
} from '@flexledger/shared-customer-database';

/**
 * Works with the register of a log outside a running platform, on read models of its own: those of the
 * folder belong to a platform that may be running.
 */
export async function withRegister<Result>(
  log: EventStore,
  timeZone: string,
  work: (register: RegisterPort) => Promise<Result>,
): Promise<Result> {
  const views = openViews({ path: ':memory:', store: log, views: sharedCustomerDatabaseViews });
  try {
    const policy = { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone };
    const clock = wallClock;
    const { ports } = await openSharedCustomerDatabase({ log, views, clock, policy });
    return await work(ports.register);
  } finally {
    await views.close();
  }
}
