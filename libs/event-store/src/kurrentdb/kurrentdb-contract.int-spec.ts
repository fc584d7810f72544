/**
 * The port's contract through KurrentDB's client: against the embedded log that speaks its protocol, with appends
 * in a batch stream and as calls of their own, and against a real server where `KURRENTDB_URL` names one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { describeEventStoreContract } from '../contract.spec-suite';
import { startLogServer } from '../kurrentdb-server/log-server';
import type { EventStore } from '../port';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { testEvents } from '../testing/events';
import type { StoreUnderTest } from '../testing/store-under-test';
import { openKurrentEventStore } from './kurrent-event-store';

describeEventStoreContract('KurrentDB’s client, appending in batches,', () => servedLog(true));
describeEventStoreContract('KurrentDB’s client, an append a call,', () => servedLog(false));

const realUrl = process.env['KURRENTDB_URL'];
if (realUrl !== undefined) {
  let logs = 0;
  describeEventStoreContract('A real KurrentDB', () => {
    logs += 1;
    return storeOf({ url: realUrl, namespace: `contract-${process.pid}-${Date.now()}-${logs}` });
  });
} else {
  it.skip('A real KurrentDB keeps the promises: set KURRENTDB_URL to the address of a server', () => {});
}

async function servedLog(takesBatches: boolean): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  // Gaps between positions, as KurrentDB leaves them.
  const positionAfter = (position: number): number => position + 2 + (((position + 1) * 613) % 999);
  const path = join(folder, 'events.db');
  const log = openSqliteEventStore({ path, clock: wallClock, positionAfter });
  // Of somebody else, and never to be seen.
  await log.append('other-1', 'any', testEvents('of-others', 3));
  const server = await startLogServer({
    log,
    host: '127.0.0.1',
    port: 0,
    rightsOf: () => ({ mayAppend: true }),
    takesBatches,
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  const url = `esdb://127.0.0.1:${server.port}?tls=false`;
  const under = await storeOf({ url, namespace: 'rome' });
  return {
    ...under,
    cleanup: async () => {
      await under.cleanup();
      await server.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function storeOf(address: { url: string; namespace: string }): Promise<StoreUnderTest> {
  const open = (): Promise<EventStore> => openKurrentEventStore({ ...address, clock: wallClock });
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    cleanup: () => store.close(),
  };
}
