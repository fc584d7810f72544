/** Other programs on the cases of the bench, in the same run. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gridFileOf, type GridLoading, type Network } from '@flexledger/grid';
import { repositoryRoot } from '@flexledger/service-kit';
import { installedPython, runPython } from '../python-peer';

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

const PACKAGES = { pandapower: 'pandapower', 'power-grid-model': 'power_grid_model' };
const RUN_LIMIT_MS = 240_000;

/**
 * Installs the peers from the Python package index, once, into `folder`, and measures them. Where there is no Python, no index or no time, the answer says so.
 */
export async function measurePeers(
  cases: readonly PeerCase[],
  folder = path.join(tmpdir(), 'flexledger-bench-python'),
): Promise<Peers> {
  try {
    const python = await installedPython(folder, PACKAGES);
    const input = cases.map(({ networks, loadings, ...rest }) => ({
      ...rest,
      networks: networks.map(gridFileOf),
      loadings: loadings.map((loading, at) => plainLoading(networks[at]!, loading)),
    }));
    const script = path.join(repositoryRoot(), 'apps/bench/src/powerflow/peers.py');
    const output = await runPython(
      python,
      [script],
      RUN_LIMIT_MS,
      JSON.stringify({ cases: input }),
    );
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
