import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  compileGrid,
  dayLoading,
  parseNetwork,
  parseProfiles,
  shippedGridNames,
  solvePowerFlow,
  solveSeries,
  type GridLoading,
  type Network,
} from '@flexledger/grid';
import { repositoryRoot, gridFile } from '@flexledger/service-kit';
import { dsoCases } from './dso-cases';
import { feederDay, type FeederDays } from './feeder-days';
import { measurePeers, type PeerCase, type Peers, type PeerSeconds } from './peers';

/** One case of `flexledger bench powerflow`. */
export interface PowerflowBench extends PeerSeconds {
  readonly case: string;
  /** Median of repeated runs, in one thread; of `rome-lv-day` the whole time on `threads` threads. */
  readonly seconds: number;
  readonly threads: number;
  /** The time of the Italian demonstration on four cores (D2.16), where it tells one. */
  readonly seedsSeconds: number | null;
}

/** Secondary substations of Rome. */
const ROME_FEEDERS = 13_238;
/** Of which the peers solve some; their time is taken for all. */
const PEER_FEEDERS = 40;
const THREADS = 2;
const REPEATS = 21;
/** What runs before anything is timed: the first grid shall not pay for compiling the solver. */
const WARM_UP_MS = 100;
const NOT_MEASURED: PeerSeconds = {
  pandapowerSeconds: null,
  powerGridModelSeconds: null,
  numpySeconds: null,
  peersDifferPu: null,
};

/**
 * Power flows of single grids, of a day, of all of Rome's feeders, and the DSO's work in a session;
 * other programs on the same grids, or why they were not measured.
 */
export async function benchPowerflow(onResult: (result: PowerflowBench) => void): Promise<{
  readonly results: readonly PowerflowBench[];
  readonly grids: string;
  readonly peers: object;
}> {
  const results: PowerflowBench[] = [];
  const peerCases: PeerCase[] = [];
  const add = (name: string, seconds: number, threads = 1, seedsSeconds: number | null = null) => {
    const result = { case: name, seconds, threads, seedsSeconds, ...NOT_MEASURED };
    results.push(result);
    onResult(result);
  };
  const forPeers = (name: string, network: Network, loading: GridLoading | null): void => {
    const measured = { scale: 1, threads: 1, repeats: REPEATS };
    peerCases.push({ case: name, networks: [network], loadings: [loading], ...measured });
  };
  for (const [name, file] of gridFiles()) {
    const network = parseNetwork(file);
    const grid = compileGrid(network);
    add(
      name,
      medianSeconds(() => void solvePowerFlow(grid)),
    );
    forPeers(name, network, null);
  }
  for (const { name, network, loading } of dayCases()) {
    const grid = compileGrid(network);
    add(
      name,
      medianSeconds(() => void solveSeries(grid, loading)),
    );
    forPeers(name, network, loading);
  }
  for (const { name, seconds, seedsSeconds } of await dsoCases(REPEATS)) {
    add(name, seconds, 1, seedsSeconds);
  }
  add('rome-lv-day', await romeDay(), THREADS);
  peerCases.push(romeForPeers());
  const peers = await measurePeers(peerCases);
  return { ...withPeers(results, peers), grids: gridsMeasured() };
}

/** Some feeders, whose time stands for all. */
function romeForPeers(): PeerCase {
  const days = Array.from({ length: PEER_FEEDERS }, (_, at) => feederDay(at));
  return {
    case: 'rome-lv-day',
    networks: days.map(({ network }) => network),
    loadings: days.map(({ loading }) => loading),
    scale: ROME_FEEDERS / PEER_FEEDERS,
    threads: THREADS,
    repeats: 1,
  };
}

function withPeers(results: readonly PowerflowBench[], peers: Peers) {
  if ('skipped' in peers) return { results, peers };
  const measured = new Map(peers.results.map(({ case: name, ...seconds }) => [name, seconds]));
  return {
    results: results.map((result) => ({ ...result, ...measured.get(result.case) })),
    peers: peers.versions,
  };
}

const gridsMeasured = (): string =>
  referenceFolder()
    ? 'shipped grids, and the reference grids beside the repository'
    : 'shipped and drawn grids only: there are no reference grids beside the repository';

/** Grids that come with the project, and reference grids beside it where there are any. */
function gridFiles(): [string, unknown][] {
  const grids = new Map<string, unknown>(shippedGridNames.map((name) => [name, gridFile(name)]));
  const folder = referenceFolder();
  const files = folder ? readdirSync(folder) : [];
  for (const file of files.filter((name) => /^(?!.*profiles).*\.json$/.test(name))) {
    grids.set(file.replace('.json', ''), readJson(folder!, file));
  }
  return [...grids];
}

/** A day of quarter-hours of each reference grid with profiles, or else of a drawn feeder. */
function dayCases(): { name: string; network: Network; loading: GridLoading }[] {
  const folder = referenceFolder();
  if (!folder) return [{ name: 'lv-feeder-96', ...feederDay(0) }];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.profiles.json'))
    .map((file) => {
      const grid = file.replace('.profiles.json', '');
      const network = parseNetwork(readJson(folder, `${grid}.json`));
      const profiles = parseProfiles(readJson(folder, file), network);
      const loading = dayLoading(network, profiles, profiles.days[0]!);
      return { name: `${grid}-${loading.steps}`, network, loading };
    });
}

function referenceFolder(): string | undefined {
  const folder = path.join(repositoryRoot(), '../shared/reference-grids');
  return existsSync(folder) ? folder : undefined;
}

function readJson(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
}

function medianSeconds(work: () => void): number {
  const warmMs = performance.now() + WARM_UP_MS;
  while (performance.now() < warmMs) work();
  const runs = Array.from({ length: REPEATS }, () => {
    const startedMs = performance.now();
    work();
    return (performance.now() - startedMs) / 1e3;
  });
  return runs.sort((a, b) => a - b)[REPEATS >> 1]!;
}

/** Wall time of all feeders on worker threads; what drawing them takes is not counted. */
async function romeDay(): Promise<number> {
  const share = Math.ceil(ROME_FEEDERS / THREADS);
  const days = await Promise.all(
    Array.from({ length: THREADS }, (_, thread) =>
      inWorker(thread * share, Math.min(ROME_FEEDERS, (thread + 1) * share)),
    ),
  );
  const failures = days.reduce((sum, day) => sum + day.failures, 0);
  if (failures > 0) throw new Error(`rome-lv-day: ${failures} quarter-hours have no solution.`);
  return Math.max(...days.map((day) => day.seconds));
}

function inWorker(from: number, to: number): Promise<FeederDays> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(require.resolve('./feeder-worker'), { workerData: { from, to } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
