/**
 * Entry of a process of its own: the access layer with its broker over a log, to be killed. Says `ready` once
 * nodes can sign in.
 *
 *   node access-process.js PORT LOG NODES
 */
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
} from '@flexledger/blockchain-access-layer';
import { openSqliteEventStore } from '@flexledger/event-store';
import { startBroker } from '@flexledger/messaging';
import { openViews } from '@flexledger/projections';
import { WallTimers, wallClock } from '@flexledger/runtime';
import { fieldNode } from './killed-field';

const PLATFORM = { username: 'platform', token: 'of the platform' };

async function main(port: number, path: string, count: number): Promise<void> {
  const complain = (problem: string): void => void process.stderr.write(`${problem}\n`);
  const nodes = Array.from({ length: count }, (_, index) => fieldNode(index));
  const tokens = new Map(nodes.map(({ podId, token }) => [podId, token]));
  let listens = (_ready: Promise<void>): void => {};
  const nodesFrom = new Promise<void>((resolve) => (listens = resolve));
  const store = openSqliteEventStore({ path, clock: wallClock });
  const views = openViews({ path: ':memory:', store, views: blockchainAccessLayerViews });
  const broker = await startBroker({
    port,
    credentials: { platform: PLATFORM, tokenOf: (podId) => tokens.get(podId) },
    nodesFrom,
    onRefused: ({ reason }) => complain(reason),
  });
  const { host } = broker;
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
    broker: { host, port: broker.port, ...PLATFORM },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: complain,
  });
  await layer.ready;
  const enrolled = nodes.map(({ podId, key }) => {
    return { podId, publicKey: key.publicKey, meterDriver: 'simulated' };
  });
  await layer.enrolment.enrol(enrolled, 'dso');
  layer.flushRegularly();
  listens(layer.ready);
  process.stdout.write('ready\n');
}

void main(Number(process.argv[2]), process.argv[3]!, Number(process.argv[4]));
