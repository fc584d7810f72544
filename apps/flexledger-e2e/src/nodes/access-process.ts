/**
 * Entry of a process of its own: the access layer over a log, to be killed, with a broker elsewhere. Says `ready`
 * once it has taken its place there.
 *
 *   node access-process.js BROKER-PORT LOG NODES INSTANCE mosquitto|embedded
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
import type { BrokerKind } from './external-broker';

const host = '127.0.0.1';

async function main(
  port: number,
  path: string,
  count: number,
  instance: string,
  isDivided: boolean,
): Promise<void> {
  const complain = (problem: string): void => void process.stderr.write(`${problem}\n`);
  const nodes = Array.from({ length: count }, (_, index) => fieldNode(index));
  const tokens = new Map(nodes.map(({ podId, token }) => [podId, token]));
  const store = openSqliteEventStore({ path, clock: wallClock });
  const views = openViews({ path: ':memory:', store, views: blockchainAccessLayerViews });
  const { layer } = await openBlockchainAccessLayer({
    log: store,
    clock: wallClock,
    timers: new WallTimers((name, error) => complain(`${name}: ${String(error)}`)),
    instance,
    views,
    credentials: {
      nodeToken: (podId) => tokens.get(podId)!,
      enrolmentToken: (podId) => podId,
      broker: () => ({ host, port, tls: false }),
    },
    broker: { host, port, ...PLATFORM, isDivided },
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

const [port, path, count, instance, broker] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  BrokerKind,
];
void main(Number(port), path, Number(count), instance, broker === 'mosquitto');
