/** The port's contract, run on real files of the embedded engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { describeEventStoreContract } from '../contract.spec-suite';
import { openSqliteEventStore } from './sqlite-event-store';

/** Real files on a busy machine may be slow; the tests say nothing of speed. */
jest.setTimeout(60_000);

describeEventStoreContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  const open = () => openSqliteEventStore({ path: join(folder, 'events.db'), clock: wallClock });
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
});
