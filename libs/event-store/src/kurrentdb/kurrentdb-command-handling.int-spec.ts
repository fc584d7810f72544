/** Command handling through KurrentDB's client, by several stores and processes, over the embedded log that is served. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { type SharedLogUnderTest, describeCommandHandling } from '../command-handling.spec-suite';
import { startLogServer } from '../kurrentdb-server/log-server';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { counterPeer, sharedLog } from '../testing/shared-log';

let peer: ReturnType<typeof counterPeer>;
beforeAll(() => (peer = counterPeer()));
afterAll(() => peer.remove());

// Its protocol has no word for an append that stood already.
describeCommandHandling('KurrentDB’s client', servedLog, { tellsRepeats: false });

async function servedLog(): Promise<SharedLogUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  const log = openSqliteEventStore({ path: join(folder, 'events.db'), clock: wallClock });
  const server = await startLogServer({
    log,
    host: '127.0.0.1',
    port: 0,
    rightsOf: () => ({ mayAppend: true }),
    takesBatches: true,
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  const url = `esdb://127.0.0.1:${server.port}?tls=false`;
  const shared = sharedLog({ dataDir: '-', url, namespace: 'rome' }, peer.script);
  return {
    ...shared,
    async cleanup() {
      await shared.cleanup();
      await server.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}
