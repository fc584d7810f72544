import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  compileGrid,
  gridSeries,
  parseNetwork,
  parseProfiles,
  shippedGridNames,
  solvePowerFlow,
} from '@flexledger/grid';
import { repositoryRoot } from '@flexledger/service-kit';
import { shippedGrid } from '../../platform/reference-data';
import { dsoCases } from './dso-cases';
import type { FeederDays } from './feeder-days';

/** One case of `flexledger bench powerflow`. */
export interface PowerflowBench {
  readonly case: string;
  /** Median of repeated runs, in one thread; of `rome-lv-day` the whole time on `threads` threads. */
  readonly seconds: number;
  readonly threads: number;
  /** The time of the Italian demonstration on four cores (D2.16), where it tells one. */
  readonly seedsSeconds: number | null;
}

/** Secondary substations of Rome. */
const ROME_FEEDERS = 13_238;
const THREADS = 2;
const REPEATS = 21;

/** Power flows of single grids, of a day, of all of Rome's feeders, and the DSO's work in a session. */
export async function benchPowerflow(onResult: (result: PowerflowBench) => void): Promise<{
  readonly results: readonly PowerflowBench[];
}> {
  const results: PowerflowBench[] = [];
  const add = (name: string, seconds: number, threads = 1, seedsSeconds: number | null = null) => {
    const result = { case: name, seconds, threads, seedsSeconds };
    results.push(result);
    onResult(result);
  };
  for (const [name, file] of gridFiles()) {
    const grid = compileGrid(parseNetwork(file));
    add(
      name,
      medianSeconds(() => void solvePowerFlow(grid)),
    );
  }
  for (const { name, network, profiles } of seriesFiles()) {
    add(
      `${name}-96`,
      medianSeconds(() => void gridSeries(network, profiles)) / profiles.days.length,
    );
  }
  for (const { name, seconds, seedsSeconds } of await dsoCases(REPEATS)) {
    add(name, seconds, 1, seedsSeconds);
  }
  add('rome-lv-day', await romeDay(), THREADS);
  return { results };
}

/** Grids that come with the project, and reference grids beside it where there are any. */
function gridFiles(): [string, unknown][] {
  const grids = new Map<string, unknown>(shippedGridNames.map((name) => [name, shippedGrid(name)]));
  const folder = referenceFolder();
  const files = folder ? readdirSync(folder) : [];
  for (const file of files.filter((name) => /^(?!.*profiles).*\.json$/.test(name))) {
    grids.set(file.replace('.json', ''), readJson(folder!, file));
  }
  return [...grids];
}

function seriesFiles() {
  const folder = referenceFolder();
  if (!folder) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.profiles.json'))
    .map((file) => {
      const name = file.replace('.profiles.json', '');
      const network = parseNetwork(readJson(folder, `${name}.json`));
      return { name, network, profiles: parseProfiles(readJson(folder, file), network) };
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
