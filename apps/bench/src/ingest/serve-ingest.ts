/** The access layer with a broker and a log of its own, as `flexledger up` opens it, for the time of a measurement. */
import { statSync } from 'node:fs';
import {
  BLOCKCHAIN_ACCESS_LAYER_POLICY,
  FLEET_REHEARSAL,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
  rehearse,
} from '@flexledger/blockchain-access-layer';
import { archiveEvents, openSqliteEventStore } from '@flexledger/event-store';
import { startBroker } from '@flexledger/messaging';
import { openViews } from '@flexledger/projections';
import { WallTimers, wallClock } from '@flexledger/runtime';
import { benchNode, benchToken } from './signed-load';

const PLATFORM = { username: 'platform', token: 'bench-platform' };
const TROUBLES_TOLD = 3;

/** What keeping so many packets took. */
export interface Ingested<Answer> {
  readonly answer: Answer;
  /** Measurements in the log. */
  readonly recorded: number;
  readonly logBytes: number;
  /** Of a measurement in the log's archive, all of it included, once it is there. */
  readonly archivedBytesPerPacket: number;
  /** Of all threads of this process. */
  readonly cpuSeconds: number;
}

/**
 * Enrols the nodes of the bench, serves them while `work` runs, and weighs the log.
 *
 * @param path of the log, which is made
 * @throws Error with what the platform complained of
 */
export async function serveIngest<Answer>(
  path: string,
  nodes: number,
  work: (broker: { readonly host: string; readonly port: number }) => Promise<Answer>,
): Promise<Ingested<Answer>> {
  const troubles: string[] = [];
  const enrolled = Array.from({ length: nodes }, (_, index) => {
    const { podId, key } = benchNode(index);
    return { podId, publicKey: key.publicKey, meterDriver: 'simulated' };
  });
  const tokens = new Map(enrolled.map(({ podId }) => [podId, benchToken(podId)]));
  const store = openSqliteEventStore({ path, clock: wallClock });
  const views = openViews({ path: ':memory:', store, views: blockchainAccessLayerViews });
  const broker = await startBroker({
    port: 0,
    credentials: { platform: PLATFORM, tokenOf: (podId) => tokens.get(podId) },
    onRefused: ({ reason }) => void troubles.push(reason),
  });
  const { host, port } = broker;
  const opened = await openBlockchainAccessLayer({
    log: store,
    clock: wallClock,
    timers: new WallTimers((name, error) => void troubles.push(`${name}: ${String(error)}`)),
    instance: 'bench',
    views,
    credentials: {
      nodeToken: benchToken,
      enrolmentToken: benchToken,
      broker: () => ({ host, port, tls: false }),
    },
    broker: { host, port, ...PLATFORM, connect: broker.connect },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: (problem) => void troubles.push(problem),
  });
  const { layer } = opened;
  await layer.ready;
  await layer.enrolment.enrol(enrolled, 'platform:bench');
  // As the platform does before it lets a fleet in; the first of few packets are what it would be.
  if (nodes >= FLEET_REHEARSAL.from) await rehearse(FLEET_REHEARSAL);
  const before = { bytes: bytesOf(path), cpu: process.cpuUsage() };
  const stop = layer.flushRegularly();
  let answer: Answer;
  let recorded = 0;
  let cpu: NodeJS.CpuUsage;
  try {
    answer = await work({ host, port });
  } finally {
    stop();
    cpu = process.cpuUsage(before.cpu);
    for await (const event of store.readAll({ filter: { types: ['MeasurementRecorded'] } })) {
      if (event.position >= 0) recorded += 1;
    }
    await opened.close();
    await broker.close();
    await views.close();
    await store.close();
  }
  if (troubles.length > 0) {
    const told = troubles.slice(0, TROUBLES_TOLD).join('; ');
    throw new Error(`The access layer had ${troubles.length} troubles: ${told}`);
  }
  return {
    answer,
    recorded,
    logBytes: bytesOf(path) - before.bytes,
    archivedBytesPerPacket: await archivedBytesPerPacket(path),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

/** Archives all of it, as if its month were over. */
async function archivedBytesPerPacket(path: string): Promise<number> {
  const { files } = await archiveEvents({ path, before: LATER, streamPrefix: 'meter-' });
  const sum = (of: 'bytes' | 'events'): number => files.reduce((all, file) => all + file[of], 0);
  return sum('bytes') / sum('events');
}

/** A month after those of any measurement. */
const LATER = '9999-12';

/** The log with what still stands beside it, before it is put in its place. */
function bytesOf(path: string): number {
  const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size(path) + size(`${path}-wal`);
}
