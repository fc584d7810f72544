/** Command handling over a real PostgreSQL, by several stores and processes; skipped by name where there is none. */
import { describeCommandHandling } from '../command-handling.spec-suite';
import { type PostgresServer, startPostgres, whyNoPostgres } from './machine-postgres';
import { counterPeer, sharedLog } from '../testing/shared-log';

const missing = whyNoPostgres();
const describeOnPostgres = missing === undefined ? describe : describe.skip;

describeOnPostgres(`a real PostgreSQL${missing === undefined ? '' : ` (${missing})`}`, () => {
  let server: PostgresServer;
  let peer: ReturnType<typeof counterPeer>;
  let logs = 0;
  beforeAll(async () => {
    peer = counterPeer();
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.close();
    peer.remove();
  });

  describeCommandHandling('PostgreSQL', async () => {
    logs += 1;
    const namespace = `commands_${process.pid}_${logs}`;
    return sharedLog({ dataDir: '-', url: server.url, namespace }, peer.script);
  });
});
