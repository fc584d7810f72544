/** The port's contract on a log whose events are put into its archive whenever somebody is about to read. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOrder, wallClock } from '@flexledger/runtime';
import { describeEventStoreContract } from '../../contract.spec-suite';
import type { EventStore } from '../../port';
import type { StoreUnderTest } from '../../testing/store-under-test';
import { type SqliteEventStore, openSqliteEventStore } from '../sqlite-event-store';
import { archiveEvents } from './archive-events';

/** Real files on a busy machine may be slow; the tests say nothing of speed. */

const BEFORE = '9999-01';

describeEventStoreContract('SQLite, with all but the last of each stream in its archive,', () =>
  Promise.resolve(archivedStore()),
);

function archivedStore(): StoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-archived-'));
  const path = join(folder, 'events.db');
  let store = openSqliteEventStore({ path, clock: wallClock });
  const inTurn = inOrder();
  const archive = () =>
    inTurn(() => archiveEvents({ path, before: BEFORE, streamPrefix: '', rowsPerFile: 150 }));
  return {
    store: archivingBeforeReads(store, archive),
    reopen: async () => {
      await store.close();
      await archive();
      store = openSqliteEventStore({ path, clock: wallClock });
      return archivingBeforeReads(store, archive);
    },
    cleanup: async () => {
      await archive();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function archivingBeforeReads(
  store: SqliteEventStore,
  archive: () => Promise<unknown>,
): EventStore {
  async function* afterwards<Event>(read: () => AsyncIterable<Event>): AsyncGenerator<Event> {
    await archive();
    yield* read();
  }
  return {
    append: (...asked) => store.append(...asked),
    head: () => store.head(),
    close: () => store.close(),
    readAll: (options) => afterwards(() => store.readAll(options)),
    readStream: (...asked) => afterwards(() => store.readStream(...asked)),
    subscribe: (options) => afterwards(() => store.subscribe(options)),
  };
}
