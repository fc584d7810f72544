/** Command handling over real files of the embedded engine, by several stores and processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCommandHandling } from '../command-handling.spec-suite';
import { counterPeer, sharedLog } from '../testing/shared-log';

/** Real files and processes on a busy machine may be slow; the tests say nothing of speed. */

let peer: ReturnType<typeof counterPeer>;
beforeAll(() => (peer = counterPeer()));
afterAll(() => peer.remove());

describeCommandHandling('SQLite', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'event-store-'));
  const log = sharedLog({ dataDir }, peer.script);
  return {
    ...log,
    async cleanup() {
      await log.cleanup();
      rmSync(dataDir, { recursive: true });
    },
  };
});
