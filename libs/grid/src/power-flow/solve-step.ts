import { GridModelError } from '../model/grid-model-error';
import {
  setNoLoadVoltages,
  setSlackVoltage,
  worstMismatch,
  type Attempt,
  type NodeVoltages,
} from './attempt';
import type { CompiledGrid } from './compiled-grid';
import type { NodeDemand } from './demand';
import { solveNewton } from './newton-raphson';
import { isOperable, searchOperable } from './operable';
import { solveSweep } from './sweep';

/**
 * `newtonRaphson` solves any topology. `sweep` (backward/forward) solves radial grids without
 * controlled voltages, several times faster.
 */
export type Algorithm = 'newtonRaphson' | 'sweep';

/**
 * No solution was found. Shows where the power balance is missed most: at the best point that
 * Newton-Raphson reached, or where the sweep broke off.
 */
export interface NotConverged {
  readonly converged: false;
  readonly iterations: number;
  readonly worstBus: string;
  /** What flows away from the bus, loads included, and is not supplied: MW and Mvar. */
  readonly worstMismatchMw: number;
  readonly worstMismatchMvar: number;
}

/**
 * Solves one step.
 *
 * @param warm start from `voltages`; should that fail, and otherwise, the start is the no-load
 * state.
 * @throws GridModelError when the sweep is asked of a grid that is not radial.
 */
export function solveStep(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
  algorithm: Algorithm,
  warm: boolean,
): Attempt {
  if (warm) setSlackVoltage(grid, demand, voltages);
  else setNoLoadVoltages(grid, demand, voltages);
  const attempt =
    algorithm === 'newtonRaphson'
      ? solveNewton(grid.newtonPlan(), demand, voltages)
      : solveSweep(requireSweepPlan(grid), demand, voltages);
  const holds =
    attempt.converged && (algorithm === 'sweep' || isOperable(grid, demand, voltages, attempt));
  if (holds) return attempt;
  if (warm) return solveStep(grid, demand, voltages, algorithm, false);
  return algorithm === 'sweep' ? attempt : searchOperable(grid, demand, voltages, attempt);
}

/** Tells of an attempt that failed, from the voltages it left. */
export function notConverged(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
  iterations: number,
): NotConverged {
  const { node, mismatchMw, mismatchMvar } = worstMismatch(grid, demand, voltages);
  return {
    converged: false,
    iterations,
    worstBus: grid.network.buses[grid.topology.nodeOfBus.indexOf(node)]!.id,
    worstMismatchMw: mismatchMw,
    worstMismatchMvar: mismatchMvar,
  };
}

function requireSweepPlan(grid: CompiledGrid): NonNullable<ReturnType<CompiledGrid['sweepPlan']>> {
  const plan = grid.sweepPlan();
  if (plan !== null) return plan;
  throw new GridModelError(
    `grid "${grid.network.name}"`,
    'the sweep cannot solve loops, nor generators that hold a voltage',
    'Use newtonRaphson',
  );
}
