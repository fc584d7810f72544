/**
 * Entry of a process of its own: the embedded broker, to be killed. Says `ready` once it listens.
 *
 *   node broker-process.js PORT NODES
 */
import { startBroker } from '@flexledger/messaging';
import { PLATFORM, fieldNode } from './chaos-field';

async function main(port: number, count: number): Promise<void> {
  const nodes = Array.from({ length: count }, (_, index) => fieldNode(index));
  const tokens = new Map(nodes.map(({ podId, token }) => [podId, token]));
  await startBroker({
    port,
    credentials: { platform: PLATFORM, tokenOf: (podId) => tokens.get(podId) },
    onRefused: ({ reason }) => void process.stderr.write(`${reason}\n`),
  });
  process.stdout.write('ready\n');
}

void main(Number(process.argv[2]), Number(process.argv[3]));
