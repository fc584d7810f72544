import type { CompiledGrid } from './power-flow/compiled-grid';
import { checkLoading, type GridLoading } from './power-flow/demand';
import type { NotConverged } from './power-flow/solve-step';
import { createStepSolver } from './step-solver';

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
  const { state, solve } = createStepSolver(grid);
  for (let step = 0; step < steps; step++) {
    const failure = solve(loading, step);
    if (failure !== null) {
      failures.push({ step, ...failure });
      continue;
    }
    result.busVmPu.set(state.busVmPu, step * buses.length);
    result.lineIKa.set(state.lineIKa, step * lines.length);
    const firstTransformer = step * transformers.length;
    result.transformerLoadingPercent.set(state.transformerLoadingPercent, firstTransformer);
    result.externalGridPMw[step] = state.externalGridPMw;
    result.externalGridQMvar[step] = state.externalGridQMvar;
    result.totalLossesMw[step] = state.totalLossesMw;
  }
  return result;
}
