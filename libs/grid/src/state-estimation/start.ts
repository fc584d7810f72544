import { createNodeVoltages, setNoLoadVoltages, type NodeVoltages } from '../power-flow/attempt';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import { createNodeDemand, fillNodeDemand } from '../power-flow/demand';
import { solveStep } from '../power-flow/solve-step';

/** How far a start is moved off, radian and relative voltage. */
const offset = 1e-5;

/**
 * Where an estimate starts: the power flow of the network's own loads and generators, or the no-load
 * state where that has no solution; each voltage a little off by its own, into general position. A
 * current of exactly nothing has no direction, and its measurement would say nothing.
 */
export function startVoltages(grid: CompiledGrid): NodeVoltages {
  const { nodeCount } = grid.topology;
  const demand = createNodeDemand(nodeCount);
  const { re, im } = createNodeVoltages(nodeCount);
  fillNodeDemand(grid, undefined, 0, demand);
  const { converged } = solveStep(grid, demand, { re, im }, 'newtonRaphson', false);
  if (!converged) setNoLoadVoltages(grid, demand, { re, im });
  for (let node = 0; node < nodeCount; node++) {
    const factor = 1 + offset * fraction(2 * node);
    const cosine = factor * Math.cos(offset * fraction(2 * node + 1));
    const sine = factor * Math.sin(offset * fraction(2 * node + 1));
    const before = re[node]!;
    re[node] = before * cosine - im[node]! * sine;
    im[node] = before * sine + im[node]! * cosine;
  }
  return { re, im };
}

/** Evenly spread numbers in [0, 1), the same on every machine: multiples of the golden mean. */
export const fraction = (index: number): number => ((index + 1) * 0.618033988749895) % 1;
