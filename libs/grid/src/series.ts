import { createNodeVoltages } from './power-flow/attempt';
import type { CompiledGrid } from './power-flow/compile';
import {
  checkLoading,
  createNodeDemand,
  fillNodeDemand,
  type GridLoading,
} from './power-flow/demand';
import {
  createBranchFlows,
  fillBranchFlows,
  lineIKa,
  transformerLoadingPercent,
} from './power-flow/flows';
import { notConverged, solveStep, type NotConverged } from './power-flow/solve-step';
import { nodeSupply } from './results';

/**
 * Results of many steps, flat like `GridLoading`: entry `step * elements + element`, elements in
 * the order of the network's tables. NaN stands where there is no value: an element out of service
 * or without supply, and every element of a step that did not converge.
 */
export interface SeriesResult {
  readonly steps: number;
  readonly busVmPu: Float64Array;
  /** Larger of the currents at both ends, kA; in % of the rating: 100 * value / `maxIKa`. */
  readonly lineIKa: Float64Array;
  readonly transformerLoadingPercent: Float64Array;
  /**
   * By step, supplied by the slack. What an LV feeder takes here is a load of the MV grid above.
   */
  readonly externalGridPMw: Float64Array;
  readonly externalGridQMvar: Float64Array;
  readonly totalLossesMw: Float64Array;
  /** Steps without a solution, ascending. */
  readonly failures: readonly (NotConverged & { readonly step: number })[];
}

/**
 * Solves all steps of a loading, each from the solution of the one before. Radial grids go through
 * the sweep, a step that it cannot solve and all other grids through Newton-Raphson.
 *
 * @throws GridModelError on a loading that does not fit the grid or holds a value that is not
 * finite.
 */
export function solveSeries(grid: CompiledGrid, loading: GridLoading): SeriesResult {
  checkLoading(grid, loading);
  const { steps } = loading;
  const { buses, lines, transformers } = grid.network;
  const nodeCount = grid.topology.nodeCount;
  const column = (elements: number): Float64Array => new Float64Array(steps * elements).fill(NaN);
  const failures: (NotConverged & { readonly step: number })[] = [];
  const result: SeriesResult = {
    steps,
    busVmPu: column(buses.length),
    lineIKa: column(lines.length),
    transformerLoadingPercent: column(transformers.length),
    externalGridPMw: column(1),
    externalGridQMvar: column(1),
    totalLossesMw: column(1),
    failures,
  };
  const demand = createNodeDemand(nodeCount);
  const voltages = createNodeVoltages(nodeCount);
  const flows = createBranchFlows(grid);
  const first = grid.sweepPlan() === null ? 'newtonRaphson' : 'sweep';
  let warm = false;
  for (let step = 0; step < steps; step++) {
    fillNodeDemand(grid, loading, step, demand);
    let attempt = solveStep(grid, demand, voltages, first, warm);
    if (!attempt.converged && first === 'sweep') {
      attempt = solveStep(grid, demand, voltages, 'newtonRaphson', false);
    }
    warm = attempt.converged;
    if (!attempt.converged) {
      failures.push({ step, ...notConverged(grid, demand, voltages, attempt.iterations) });
      continue;
    }
    fillBranchFlows(grid, voltages, flows);
    storeBranches(grid, flows, step, result);
    for (let bus = 0; bus < buses.length; bus++) {
      const node = grid.topology.nodeOfBus[bus]!;
      if (node < 0) continue;
      const re = voltages.re[node]!;
      const im = voltages.im[node]!;
      result.busVmPu[step * buses.length + bus] = Math.sqrt(re * re + im * im);
    }
    const supply = nodeSupply(grid, demand, voltages, flows, 0);
    result.externalGridPMw[step] = supply.pMw;
    result.externalGridQMvar[step] = supply.qMvar;
  }
  return result;
}

function storeBranches(
  grid: CompiledGrid,
  flows: ReturnType<typeof createBranchFlows>,
  step: number,
  result: SeriesResult,
): void {
  const { lines, transformers } = grid.network;
  const { elementOfBranch, lineCount } = grid.topology;
  let losses = 0;
  for (let branch = 0; branch < elementOfBranch.length; branch++) {
    const element = elementOfBranch[branch]!;
    losses += flows.pFromMw[branch]! + flows.pToMw[branch]!;
    if (branch < lineCount) {
      result.lineIKa[step * lines.length + element] = lineIKa(flows, branch);
    } else {
      result.transformerLoadingPercent[step * transformers.length + element] =
        transformerLoadingPercent(grid, flows, branch);
    }
  }
  result.totalLossesMw[step] = losses;
}
