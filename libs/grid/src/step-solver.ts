import { createNodeVoltages } from './power-flow/attempt';
import type { CompiledGrid } from './power-flow/compiled-grid';
import { createNodeDemand, fillNodeDemand, type GridLoading } from './power-flow/demand';
import {
  createBranchFlows,
  fillBranchFlows,
  lineIKa,
  transformerLoadingPercent,
  type BranchFlows,
} from './power-flow/flows';
import { notConverged, solveStep, type NotConverged } from './power-flow/solve-step';
import { nodeSupply } from './results';

/**
 * The state of a grid after the step solved last, elements in the order of the network's tables.
 * NaN where there is no value: an element out of service, without supply, or unrated. The columns
 * are the solver's own and are written over by the next solve.
 */
export interface StepState {
  readonly busVmPu: Float64Array;
  /** Larger of the currents at both ends, kA. */
  readonly lineIKa: Float64Array;
  readonly transformerLoadingPercent: Float64Array;
  externalGridPMw: number;
  externalGridQMvar: number;
  totalLossesMw: number;
}

/** Solves one step after another with the same working memory, each from the solution before. */
export interface StepSolver {
  readonly state: StepState;
  /**
   * Solves a step of a loading whose columns fit the grid (`checkLoading`). Returns null when
   * solved, and else where it failed; the state is then that of an earlier step.
   *
   * @throws GridModelError when a value is not finite.
   */
  solve(loading: GridLoading, step: number): NotConverged | null;
}

/**
 * Radial grids go through the sweep, a step that it cannot solve and all other grids through
 * Newton-Raphson. Two solvers of one compiled grid may take turns, since a solve leaves nothing in
 * the grid's working memory that another relies on.
 */
export function createStepSolver(grid: CompiledGrid): StepSolver {
  const { nodeCount, nodeOfBus } = grid.topology;
  const { lines, transformers } = grid.network;
  const demand = createNodeDemand(nodeCount);
  const voltages = createNodeVoltages(nodeCount);
  const flows = createBranchFlows(grid);
  const first = grid.sweepPlan() === null ? 'newtonRaphson' : 'sweep';
  const column = (elements: number): Float64Array => new Float64Array(elements).fill(NaN);
  const state: StepState = {
    busVmPu: column(nodeOfBus.length),
    lineIKa: column(lines.length),
    transformerLoadingPercent: column(transformers.length),
    externalGridPMw: NaN,
    externalGridQMvar: NaN,
    totalLossesMw: NaN,
  };
  let warm = false;
  return {
    state,
    solve(loading, step) {
      fillNodeDemand(grid, loading, step, demand);
      let attempt = solveStep(grid, demand, voltages, first, warm);
      if (!attempt.converged && first === 'sweep') {
        attempt = solveStep(grid, demand, voltages, 'newtonRaphson', false);
      }
      warm = attempt.converged;
      if (!attempt.converged) return notConverged(grid, demand, voltages, attempt.iterations);
      fillBranchFlows(grid, voltages, flows);
      storeBranches(grid, flows, state);
      for (let bus = 0; bus < nodeOfBus.length; bus++) {
        const node = nodeOfBus[bus]!;
        if (node < 0) continue;
        const re = voltages.re[node]!;
        const im = voltages.im[node]!;
        state.busVmPu[bus] = Math.sqrt(re * re + im * im);
      }
      const supply = nodeSupply(grid, demand, voltages, flows, 0);
      state.externalGridPMw = supply.pMw;
      state.externalGridQMvar = supply.qMvar;
      return null;
    },
  };
}

function storeBranches(grid: CompiledGrid, flows: BranchFlows, state: StepState): void {
  const { elementOfBranch, lineCount } = grid.topology;
  let losses = 0;
  for (let branch = 0; branch < elementOfBranch.length; branch++) {
    const element = elementOfBranch[branch]!;
    losses += flows.pFromMw[branch]! + flows.pToMw[branch]!;
    if (branch < lineCount) {
      state.lineIKa[element] = lineIKa(flows, branch);
    } else {
      state.transformerLoadingPercent[element] = transformerLoadingPercent(grid, flows, branch);
    }
  }
  state.totalLossesMw = losses;
}
