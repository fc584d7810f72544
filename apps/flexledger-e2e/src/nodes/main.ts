/**
 * `npm run kill-platform`: 200 Light Nodes measure for two minutes while the platform that takes their packets
 * is killed at random. Prints what became of them; exit code 1 where a signed packet is missing, stands
 * twice or out of order, or where something stands that was not signed.
 *
 *   npm run kill-platform [-- NODES SECONDS SEED]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '@flexledger/runtime';
import { killPlatform } from './kill-platform';

const [nodes = 200, seconds = 120, seed = 1] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'killed-platform-'));
  try {
    const script = path.join(__dirname, 'access-process.js');
    const report = await killPlatform({ script, folder, nodes, seconds, seed });
    process.stdout.write(`${JSON.stringify({ nodes, seconds, seed, ...report }, null, 2)}\n`);
    process.exitCode = report.faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
