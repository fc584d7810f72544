/**
 * Entry of a process of its own: the access layer over a log, to be killed, with a broker elsewhere. Says `ready`
 * once it has taken its place there.
 *
 *   node access-process.js BROKER-PORT LOG NODES
 */
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
} from '@flexledger/blockchain-access-layer';
import { openSqliteEventStore } from '@flexledger/event-store';
import { openViews } from '@flexledger/projections';
import { WallTimers, wallClock } from '@flexledger/runtime';
import { PLATFORM, fieldNode } from './chaos-field';

const host = '127.0.0.1';

async function main(port: number, path: string, count: number): Promise<void> {
  const complain = (problem: string): void => void process.stderr.write(`${problem}\n`);
  const nodes = Array.from({ length: count }, (_, index) => fieldNode(index));
  const tokens = new Map(nodes.map(({ podId, token }) => [podId, token]));
  const store = openSqliteEventStore({ path, clock: wallClock });
  const views = openViews({ path: ':memory:', store, views: blockchainAccessLayerViews });
  const { layer } = await openBlockchainAccessLayer({
    log: store,
    clock: wallClock,
    timers: new WallTimers((name, error) => complain(`${name}: ${String(error)}`)),
    instance: 'killed',
    views,
    credentials: {
      nodeToken: (podId) => tokens.get(podId)!,
      enrolmentToken: (podId) => podId,
      broker: () => ({ host, port, tls: false }),
    },
    broker: { host, port, ...PLATFORM },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: complain,
  });
  await layer.ready;
  const enrolled = nodes.map(({ podId, key }) => {
    return { podId, publicKey: key.publicKey, meterDriver: 'simulated' };
  });
  await layer.enrolment.enrol(enrolled, 'dso');
  layer.flushRegularly();
  process.stdout.write('ready\n');
}

void main(Number(process.argv[2]), process.argv[3]!, Number(process.argv[4]));
