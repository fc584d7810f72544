import { GridModelError } from './model/grid-model-error';
import type { CompiledGrid } from './power-flow/compiled-grid';
import type { GridLoading } from './power-flow/demand';
import { solveSeries, type SeriesResult } from './series';

/** A low-voltage grid below a medium-voltage one, whose bus is its slack. */
export interface Feeder {
  readonly grid: CompiledGrid;
  readonly loading: GridLoading;
  /** Id of the bus above, of the nominal voltage of the feeder's own slack. */
  readonly bus: string;
}

/** A grid and the feeders below it, in agreement. */
export interface FeedersResult {
  readonly grid: SeriesResult;
  /** In the order given. */
  readonly feeders: readonly SeriesResult[];
  /** How often both sides were solved. */
  readonly rounds: number;
  /**
   * Steps without a common solution, ascending: the grid or a feeder has none, or they did not come
   * to agree. No value of such a step holds.
   */
  readonly unsolvedSteps: readonly number[];
}

/** How far the power that a feeder draws may move in the last round, MW and Mvar. */
const agreementMw = 1e-9;
const roundsMax = 50;

/**
 * Power flows of a grid with feeders below it that are solved one by one: each takes the voltage
 * above as its slack's, and stands there as a load of its sum and losses, until the powers stand
 * still. What is found is what one network of all would give, angles apart, which each feeder counts
 * from its own head. A round brings the two nearer by about the share of the feeders' voltage
 * dependence in the grid's stiffness, so few are needed.
 *
 * @param loading of the grid above without the feeders, of as many steps as theirs.
 * @throws GridModelError where a feeder does not fit the grid, or a loading its grid.
 */
export function solveWithFeeders(
  grid: CompiledGrid,
  loading: GridLoading,
  feeders: readonly Feeder[],
): FeedersResult {
  const heads = feeders.map((feeder) => headOf(grid, loading, feeder));
  const drawn = feeders.map(() => ({
    pMw: new Float64Array(loading.steps),
    qMvar: new Float64Array(loading.steps),
  }));
  const busCount = grid.network.buses.length;
  for (let rounds = 1; ; rounds++) {
    const above = solveSeries(grid, withFeeders(loading, busCount, heads, drawn));
    const below = feeders.map((feeder, at) => {
      const own = feeder.grid.network.externalGrid.vmPu;
      const externalGridVmPu = Float64Array.from({ length: loading.steps }, (_, step) => {
        const vmPu = above.busVmPu[step * busCount + heads[at]!]!;
        // A step that the grid above cannot solve is unsolved whatever the feeder says.
        return Number.isNaN(vmPu) ? own : vmPu;
      });
      return solveSeries(feeder.grid, { ...feeder.loading, externalGridVmPu });
    });
    const unsolved = new Set(
      [above, ...below].flatMap(({ failures }) => failures.map(({ step }) => step)),
    );
    const moving = new Set<number>();
    below.forEach(({ externalGridPMw, externalGridQMvar }, at) => {
      for (let step = 0; step < loading.steps; step++) {
        if (unsolved.has(step)) continue;
        const { pMw, qMvar } = drawn[at]!;
        const movedMw = Math.abs(externalGridPMw[step]! - pMw[step]!);
        const movedMvar = Math.abs(externalGridQMvar[step]! - qMvar[step]!);
        if (Math.max(movedMw, movedMvar) > agreementMw) moving.add(step);
        pMw[step] = externalGridPMw[step]!;
        qMvar[step] = externalGridQMvar[step]!;
      }
    });
    if (moving.size === 0 || rounds === roundsMax) {
      const unsolvedSteps = [...unsolved, ...moving].sort((a, b) => a - b);
      return { grid: above, feeders: below, rounds, unsolvedSteps };
    }
  }
}

/** Index of the bus above a feeder. */
function headOf(grid: CompiledGrid, loading: GridLoading, feeder: Feeder): number {
  const { buses, name } = grid.network;
  const head = buses.findIndex(({ id }) => id === feeder.bus);
  const { network } = feeder.grid;
  const own = network.buses.find(({ id }) => id === network.externalGrid.bus)!;
  const refuse = (reason: string, remedy: string): never => {
    throw new GridModelError(`feeder "${network.name}"`, reason, remedy);
  };
  if (head < 0 || grid.topology.nodeOfBus[head]! < 0) {
    refuse(`bus "${feeder.bus}" is not supplied by grid "${name}"`, 'Correct the bus');
  }
  if (buses[head]!.vnKv !== own.vnKv) {
    refuse(
      `its slack has ${own.vnKv} kV, bus "${feeder.bus}" of grid "${name}" ${buses[head]!.vnKv} kV`,
      'Begin the feeder at the upper side of its transformer',
    );
  }
  if (feeder.loading.steps !== loading.steps) {
    refuse(
      `has ${feeder.loading.steps} steps, the grid above ${loading.steps}`,
      'Give both the same steps',
    );
  }
  return head;
}

/** The loading above with what the feeders draw. */
function withFeeders(
  loading: GridLoading,
  busCount: number,
  heads: readonly number[],
  drawn: readonly { readonly pMw: Float64Array; readonly qMvar: Float64Array }[],
): GridLoading {
  const cells = loading.steps * busCount;
  const busPMw = loading.busPMw?.slice() ?? new Float64Array(cells);
  const busQMvar = loading.busQMvar?.slice() ?? new Float64Array(cells);
  heads.forEach((head, at) => {
    for (let step = 0; step < loading.steps; step++) {
      busPMw[step * busCount + head]! += drawn[at]!.pMw[step]!;
      busQMvar[step * busCount + head]! += drawn[at]!.qMvar[step]!;
    }
  });
  return { ...loading, busPMw, busQMvar };
}
