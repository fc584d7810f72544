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
  /**
   * What the grid and each feeder were solved with last, the feeders' powers and the voltage above
   * included: gives every element of a step with `solvePowerFlow`.
   */
  readonly loading: GridLoading;
  readonly feederLoadings: readonly GridLoading[];
}

/** How far the power that a feeder draws may move in the last round, MW and Mvar. */
const agreementMw = 1e-9;
const roundsMax = 50;
/** Most of its answer's distance that a step is taken on at once. */
const shareMax = 2;

/**
 * Power flows of a grid with feeders below it that are solved one by one: each takes the voltage
 * above as its slack's, and stands there as a load of its sum and losses, until the powers stand
 * still. What is found is what one network of all would give, angles apart, which each feeder counts
 * from its own head. A round brings the two nearer by about the share of the feeders' voltage
 * dependence in the grid's stiffness, so few are needed; many only near the most that the grid can
 * carry.
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
  const drawn = createDrawn(loading.steps, feeders.length);
  const busCount = grid.network.buses.length;
  for (let rounds = 1; ; rounds++) {
    const loadingAbove = withFeeders(loading, busCount, heads, drawn);
    const above = solveSeries(grid, loadingAbove);
    const feederLoadings = feeders.map((feeder, at): GridLoading => {
      const own = feeder.grid.network.externalGrid.vmPu;
      const externalGridVmPu = Float64Array.from({ length: loading.steps }, (_, step) => {
        const vmPu = above.busVmPu[step * busCount + heads[at]!]!;
        // What the feeders inject may be what the grid above needs, so they are solved all the same.
        return Number.isNaN(vmPu) ? own : vmPu;
      });
      return { ...feeder.loading, externalGridVmPu };
    });
    const below = feeders.map((feeder, at) => solveSeries(feeder.grid, feederLoadings[at]!));
    const moving = Array.from({ length: loading.steps }, (_, step) => step).filter((step) =>
      approach(drawn, step, Number.isNaN(above.externalGridPMw[step]), below),
    );
    if (moving.length > 0 && rounds < roundsMax) continue;
    const failed = [above, ...below].flatMap(({ failures }) => failures.map(({ step }) => step));
    return {
      grid: above,
      feeders: below,
      rounds,
      unsolvedSteps: [...new Set([...failed, ...moving])].sort((a, b) => a - b),
      loading: loadingAbove,
      feederLoadings,
    };
  }
}

/** What feeders draw from above, and how it came there; `step * 2 feeders`, P and Q of each. */
interface Drawn {
  readonly width: number;
  readonly power: Float64Array;
  /** Power with which the grid above last had a solution; NaN = it never had one. */
  readonly held: Float64Array;
  /** How far the feeders' answer to that was from it. */
  readonly residual: Float64Array;
  /** Share of the residual taken since, by step. */
  readonly share: Float64Array;
}

function createDrawn(steps: number, feeders: number): Drawn {
  const width = 2 * feeders;
  return {
    width,
    power: new Float64Array(steps * width),
    held: new Float64Array(steps * width).fill(NaN),
    residual: new Float64Array(steps * width),
    share: new Float64Array(steps).fill(1),
  };
}

/**
 * Brings what is drawn in a step nearer to what the feeders answered; false where it stands still.
 * The share of the way is Aitken's (Küttler and Wall, Fixed-point fluid-structure interaction
 * solvers with dynamic relaxation, Computational Mechanics 43, 2008), because feeders that draw more
 * at more voltage overshoot; where that was more than the grid above can carry, half the way back is
 * gone. A feeder without a solution keeps what it drew before.
 */
function approach(
  { width, power, held, residual, share }: Drawn,
  step: number,
  failedAbove: boolean,
  below: readonly SeriesResult[],
): boolean {
  const first = step * width;
  const wasHeld = width > 0 && !Number.isNaN(held[first]!);
  let widest = 0;
  if (failedAbove && wasHeld) {
    share[step]! /= 2;
    for (let k = first; k < first + width; k++) {
      const back = (held[k]! - power[k]!) / 2;
      power[k]! += back;
      widest = Math.max(widest, Math.abs(back));
    }
    return widest > agreementMw;
  }
  const found = below.flatMap(({ externalGridPMw, externalGridQMvar }, at) =>
    [externalGridPMw[step]!, externalGridQMvar[step]!].map((value, part) => {
      const before = power[first + 2 * at + part]!;
      return Number.isNaN(value) ? 0 : value - before;
    }),
  );
  let along = 0;
  let squared = 0;
  found.forEach((value, at) => {
    const change = value - residual[first + at]!;
    along += residual[first + at]! * change;
    squared += change * change;
    widest = Math.max(widest, Math.abs(value));
  });
  if (widest <= agreementMw) return false;
  if (wasHeld && squared > 0) {
    const aitken = (-share[step]! * along) / squared;
    share[step] = aitken > 0 ? Math.min(aitken, shareMax) : 1;
  }
  found.forEach((value, at) => {
    if (!failedAbove) held[first + at] = power[first + at]!;
    residual[first + at] = value;
    power[first + at]! += share[step]! * value;
  });
  return true;
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
  if (head < 0) refuse(`grid "${name}" has no bus "${feeder.bus}"`, 'Name one of its buses');
  if (grid.topology.nodeOfBus[head]! < 0) {
    refuse(`bus "${feeder.bus}" of grid "${name}" is not supplied`, 'Name a bus that is');
  }
  if (buses[head]!.vnKv !== own.vnKv) {
    refuse(
      `its slack "${own.id}" has ${own.vnKv} kV, bus "${feeder.bus}" of grid "${name}" ${buses[head]!.vnKv} kV`,
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
  { width, power }: Drawn,
): GridLoading {
  const cells = loading.steps * busCount;
  const busPMw = loading.busPMw?.slice() ?? new Float64Array(cells);
  const busQMvar = loading.busQMvar?.slice() ?? new Float64Array(cells);
  heads.forEach((head, at) => {
    for (let step = 0; step < loading.steps; step++) {
      busPMw[step * busCount + head]! += power[step * width + 2 * at]!;
      busQMvar[step * busCount + head]! += power[step * width + 2 * at + 1]!;
    }
  });
  return { ...loading, busPMw, busQMvar };
}
