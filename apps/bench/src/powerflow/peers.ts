/** Other programs on the cases of the bench, in the same run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gridFileOf, type GridLoading, type Network } from '@flexledger/grid';
import { repositoryRoot } from '@flexledger/service-kit';

/** A case for the peers: networks, each with its series of powers, or null for its own powers. */
export interface PeerCase {
  readonly case: string;
  readonly networks: readonly Network[];
  readonly loadings: readonly (GridLoading | null)[];
  /** What the time is multiplied by: how many times these networks stand for the whole case. */
  readonly scale: number;
  readonly threads: number;
  readonly repeats: number;
}

/** Seconds of the peers on one case; null = not measured. */
export interface PeerSeconds {
  readonly pandapowerSeconds: number | null;
  readonly powerGridModelSeconds: number | null;
  /** A plain dense Newton-Raphson in numpy. */
  readonly numpySeconds: number | null;
  /** Largest difference between their voltages, pu: 2-port models of transformers differ. */
  readonly peersDifferPu: number | null;
}

/** What the peers took by case, and their versions; or why there are none. */
export type Peers =
  | {
      readonly versions: Readonly<Record<string, string>>;
      readonly results: readonly (PeerSeconds & { readonly case: string })[];
    }
  | { readonly skipped: string };

const PACKAGES = ['pandapower', 'power-grid-model'];
const INSTALL_LIMIT_MS = 240_000;
const RUN_LIMIT_MS = 240_000;

/**
 * Installs the peers from the Python package index, once, into `folder`, and measures them. Where there is no Python, no index or no time, the answer says so.
 */
export async function measurePeers(
  cases: readonly PeerCase[],
  folder = path.join(tmpdir(), 'flexledger-bench-python'),
): Promise<Peers> {
  try {
    const python = await installedPython(folder);
    const input = cases.map(({ networks, loadings, ...rest }) => ({
      ...rest,
      networks: networks.map(gridFileOf),
      loadings: loadings.map((loading, at) => plainLoading(networks[at]!, loading)),
    }));
    const script = path.join(repositoryRoot(), 'apps/bench/src/powerflow/peers.py');
    const output = await run(python, [script], RUN_LIMIT_MS, JSON.stringify({ cases: input }));
    return JSON.parse(output) as Peers;
  } catch (error) {
    return { skipped: (error as Error).message };
  }
}

/** A loading as JSON, every column there. */
function plainLoading({ externalGrid }: Network, loading: GridLoading | null): object | null {
  if (loading === null) return null;
  const column = (values: Float64Array | undefined): number[] => Array.from(values ?? []);
  return {
    steps: loading.steps,
    loadPMw: column(loading.loadPMw),
    loadQMvar: column(loading.loadQMvar),
    generatorPMw: column(loading.generatorPMw),
    generatorQMvar: column(loading.generatorQMvar),
    externalGridVmPu: loading.externalGridVmPu
      ? column(loading.externalGridVmPu)
      : new Array<number>(loading.steps).fill(externalGrid.vmPu),
  };
}

/** The interpreter of the peers' environment, which is made where it is not there yet. */
async function installedPython(folder: string): Promise<string> {
  const windows = process.platform === 'win32';
  const python = path.join(folder, windows ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python)) {
    const imports = ['-c', 'import pandapower, power_grid_model'];
    if (
      await run(python, imports, RUN_LIMIT_MS).then(
        () => true,
        () => false,
      )
    )
      return python;
  }
  await run(windows ? 'python' : 'python3', ['-m', 'venv', '--clear', folder], INSTALL_LIMIT_MS);
  const quiet = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '15'];
  await run(python, ['-m', 'pip', 'install', ...quiet, ...PACKAGES], INSTALL_LIMIT_MS);
  return python;
}

/** What a program prints. @throws Error saying why it did not end well */
function run(
  program: string,
  args: readonly string[],
  limitMs: number,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: process.env,
    });
    const name = `${path.basename(program)} ${args.slice(0, 3).join(' ')}`;
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const timer = setTimeout(() => child.kill(), limitMs);
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${name}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(output);
      const reason = signal === null ? complaint.trim().slice(-300) : `ended after ${limitMs} ms`;
      reject(new Error(`${name}: ${reason}`));
    });
    child.stdin.end(input);
  });
}
