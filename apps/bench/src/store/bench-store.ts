/** `flexledger bench store`: the embedded log, the same served over gRPC, PostgreSQL, and stores of others, in one run. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startPostgres, whyNoPostgres } from '@flexledger/event-store';
import { freePort, sleep } from '@flexledger/runtime';
import type { BenchWish } from '../bench';
import { installPeer } from '../install-peer';
import { inTemporaryFolder, undoOnSignal } from '../leave-nothing';
import { runApart } from '../run-apart';
import type { StoreFigures } from './measure-store';
import type { StoreOpening } from './store-child';

/** One store on this machine, or why it was not measured. */
export type StoreBench =
  | ({ readonly store: string; readonly peakMb: number } & StoreFigures)
  | { readonly store: string; readonly skipped: string };

const SECONDS = 3;
const EMMETT = '0.42.0';
const EMMETT_SQLITE = '0.38.5';
const NATS_CLIENT = '2.29.3';
const RUN_TIMEOUT_MS = 600_000;

/** Something to measure: a server is started before, and ended after. */
interface Candidate {
  readonly store: string;
  readonly kind: string;
  /** Packages by name, of a peer. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Starts what it needs; answers with its address, or with the reason why it is not there. */
  readonly serve?: (folder: string) => Promise<Served | { readonly skipped: string }>;
}

interface Served {
  readonly url: string;
  close(): void;
}

const CANDIDATES: readonly Candidate[] = [
  { store: 'ours, SQLite', kind: 'sqlite' },
  { store: 'ours, over gRPC', kind: 'server', serve: overGrpc },
  { store: 'ours, PostgreSQL', kind: 'server', serve: postgres },
  {
    store: `Emmett ${EMMETT_SQLITE}, SQLite`,
    kind: 'emmett-sqlite',
    packages: {
      '@event-driven-io/emmett': EMMETT_SQLITE,
      '@event-driven-io/emmett-sqlite': EMMETT_SQLITE,
      sqlite3: '5.1.7',
    },
  },
  {
    store: `Emmett ${EMMETT}, PostgreSQL`,
    kind: 'emmett-postgresql',
    packages: {
      '@event-driven-io/emmett': EMMETT,
      '@event-driven-io/emmett-postgresql': EMMETT,
    },
    serve: postgres,
  },
  {
    // It acknowledges what it writes to the disk up to two minutes later; the others sync each append.
    store: 'NATS JetStream, unsynced',
    kind: 'jetstream',
    packages: { nats: NATS_CLIENT },
    serve: natsServer,
  },
];

/** Measures each store in turn, in a process of its own. */
export async function benchStore(
  onResult: (result: object) => void,
  { seconds = SECONDS }: BenchWish,
): Promise<{ readonly results: readonly StoreBench[] }> {
  const results: StoreBench[] = [];
  for (const candidate of CANDIDATES) {
    const result = await benched(candidate, seconds);
    onResult(result);
    results.push(result);
  }
  return { results };
}

function benched(candidate: Candidate, seconds: number): Promise<StoreBench> {
  const { store, kind, packages, serve } = candidate;
  return inTemporaryFolder(async (folder) => {
    const peer = packages ? await installPeer(`store-${kind}`, packages) : { folder: '' };
    if ('skipped' in peer) return { store, skipped: peer.skipped };
    const served = serve ? await serve(folder) : { url: '', close: () => undefined };
    if ('skipped' in served) return { store, skipped: served.skipped };
    const forget = undoOnSignal(served.close);
    const opening: StoreOpening = { kind, folder, url: served.url, peerFolder: peer.folder };
    try {
      const args = [JSON.stringify(opening), String(seconds)];
      const run = await runApart<StoreFigures>(`${__dirname}/store-child`, args, RUN_TIMEOUT_MS);
      if (!run) return { store, skipped: `it took more than ${RUN_TIMEOUT_MS / 1e3} s` };
      return { store, ...run.answer, peakMb: run.peakMb };
    } catch (error) {
      if (!packages) throw error;
      return { store, skipped: (error as Error).message };
    } finally {
      forget();
      served.close();
    }
  });
}

async function overGrpc(folder: string): Promise<Served> {
  const script = require.resolve(`${__dirname}/serve-log-child`);
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: `esdb://127.0.0.1:${port.toString().trim()}?tls=false`, close: ending(child) };
}

async function postgres(): Promise<Served | { readonly skipped: string }> {
  const reason = whyNoPostgres();
  return reason === undefined ? startPostgres() : { skipped: reason };
}

async function natsServer(folder: string): Promise<Served | { readonly skipped: string }> {
  if (spawnSync('nats-server', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return { skipped: 'the machine has no nats-server; install the package of that name' };
  }
  const [port, data] = [await freePort(), path.join(folder, 'nats')];
  mkdirSync(data);
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', data];
  const child = spawn('nats-server', args, { stdio: 'ignore' });
  // Its client tries again by itself; a first moment is given for the port to open.
  await sleep(1_000);
  return { url: `nats://127.0.0.1:${port}`, close: ending(child) };
}

const ending = (child: ChildProcess) => (): void => void child.kill('SIGKILL');
