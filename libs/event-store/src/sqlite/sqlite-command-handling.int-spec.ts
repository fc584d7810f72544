/** Command handling over real files of the embedded engine, by several stores and processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { describeCommandHandling } from '../command-handling.spec-suite';
import { compiledScript, type RunningScript, startScript } from '../testing/child-script';
import { openSqliteEventStore, type SqliteEventStore } from './sqlite-event-store';

/** Real files and processes on a busy machine may be slow; the tests say nothing of speed. */
jest.setTimeout(60_000);

let build: string;
let script: string;

beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'event-store-build-'));
  script = compiledScript('counter-peer', build);
});
afterAll(() => rmSync(build, { recursive: true }));

describeCommandHandling('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  const path = join(folder, 'events.db');
  const stores: SqliteEventStore[] = [];
  const peers: RunningScript[] = [];
  return {
    open() {
      const store = openSqliteEventStore({ path, clock: wallClock });
      stores.push(store);
      return store;
    },
    async startPeer() {
      const peer = startScript(script, path);
      peers.push(peer);
      await peer.printed(1);
      return peer;
    },
    async cleanup() {
      for (const peer of peers) await peer.kill();
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
