/** The port's contract, run on real files of the embedded engine: as it is, and leaving gaps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { describeEventStoreContract } from '../contract.spec-suite';
import type { StoreUnderTest } from '../testing/store-under-test';
import { type SqliteEventStore, openSqliteEventStore } from './sqlite-event-store';

/** Real files on a busy machine may be slow; the tests say nothing of speed. */

describeEventStoreContract('SQLite', () =>
  storeInFolder((path) => openSqliteEventStore({ path, clock: wallClock })),
);

describeEventStoreContract('SQLite, leaving gaps between positions,', () =>
  storeInFolder((path) => {
    // Gaps of 1 to 999, so that nothing that counts by positions comes out right by chance.
    const positionAfter = (position: number): number =>
      position + 2 + (((position + 1) * 613) % 999);
    return openSqliteEventStore({ path, clock: wallClock, positionAfter });
  }),
);

async function storeInFolder(openAt: (path: string) => SqliteEventStore): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  const open = (): SqliteEventStore => openAt(join(folder, 'events.db'));
  let store = open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = open();
      return store;
    },
    cleanup: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
