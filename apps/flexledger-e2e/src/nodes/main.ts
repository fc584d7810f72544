/**
 * `npm run chaos`: 200 Light Nodes measure for two minutes while the broker and the platform that takes their
 * packets are killed at random, and lines of single nodes are cut. The broker is Mosquitto where it is
 * installed, else the embedded one; it says which. Prints what became of them; exit code 1 where a signed
 * packet is missing, stands twice or out of order, or where something stands that was not signed.
 *
 *   npm run chaos [-- NODES SECONDS SEED INSTANCES]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '@flexledger/runtime';
import { chaos } from './chaos';
import { mosquittoVersion } from './external-broker';

const [nodes = 200, seconds = 120, seed = 1, instances = 1] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const broker = mosquittoVersion() === undefined ? 'embedded' : 'mosquitto';
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  try {
    const report = await chaos({
      broker,
      scripts: __dirname,
      folder,
      nodes,
      instances,
      seconds,
      seed,
    });
    process.stdout.write(
      `${JSON.stringify({ nodes, instances, seconds, seed, ...report }, null, 2)}\n`,
    );
    process.exitCode = report.faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
