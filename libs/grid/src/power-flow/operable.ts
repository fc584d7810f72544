import { createNodeVoltages, setNoLoadVoltages, type Attempt, type NodeVoltages } from './attempt';
import { negativePivots } from './block-lu';
import type { CompiledGrid } from './compiled-grid';
import { scaleDemand, solveByContinuation } from './continuation';
import { createNodeDemand, type NodeDemand } from './demand';
import { factoriseAt, solveNewton, turnNodes } from './newton-raphson';

/** A solution with a voltage above this calls for a look at others, pu. */
const highestVmPu = 1.3;
/** A solution off the way from no load has collapsed where a voltage is below this, pu. */
const collapsedVmPu = 0.5;

/**
 * Whether a solution that Newton-Raphson found is the one a grid would run at. Power flow equations
 * have several; the others show by a Jacobian with other signs than without load, or by voltages
 * out of all proportion.
 */
export function isOperable(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
  { iterations }: Attempt,
): boolean {
  if (extremeVmPu(voltages).highest > highestVmPu) return false;
  const plan = grid.newtonPlan();
  // The factors of the last iteration tell it already, where all is well.
  if (iterations === 0 || negativePivots(plan.lu) === 0) return true;
  if (!factoriseAt(plan, demand, voltages)) return true;
  const loaded = negativePivots(plan.lu);
  if (loaded === 0) return true;
  const unloaded = createNodeDemand(grid.topology.nodeCount);
  const noLoad = createNodeVoltages(grid.topology.nodeCount);
  scaleDemand(demand, 0, unloaded);
  setNoLoadVoltages(grid, demand, noLoad);
  return factoriseAt(plan, unloaded, noLoad) && negativePivots(plan.lu) === loaded;
}

/**
 * Looks for an operable solution where Newton-Raphson from no load found none: from all buses at
 * their nominal voltage, turned to where the active powers put them (where meshed transmission
 * grids start), and along the way from no load. Of several, the one nearest to nominal voltage.
 *
 * @param first what Newton-Raphson found; `voltages` are its, and stay where nothing better is
 * found.
 */
export function searchOperable(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
  first: Attempt,
): Attempt {
  const { nodeCount } = grid.topology;
  const nominal = createNodeVoltages(nodeCount);
  setNominalVoltages(grid, demand, nominal);
  turnNodes(grid.newtonPlan(), demand, nominal);
  const fromNominal = solveNewton(grid.newtonPlan(), demand, nominal);
  const followed = createNodeVoltages(nodeCount);
  const alongTheWay = solveByContinuation(grid, demand, followed);
  const found = [
    // Near its nose the upper solution may lie low; a lower one that lies there is none.
    { attempt: alongTheWay, at: followed, lowestVmPu: 0 },
    { attempt: first, at: voltages, lowestVmPu: collapsedVmPu },
    { attempt: fromNominal, at: nominal, lowestVmPu: collapsedVmPu },
  ].filter(({ attempt, at, lowestVmPu }) => {
    return attempt.converged && extremeVmPu(at).lowest >= lowestVmPu;
  });
  const iterations = first.iterations + fromNominal.iterations + alongTheWay.iterations;
  const [best] = found.sort((a, b) => fromNominalVoltage(a.at) - fromNominalVoltage(b.at));
  // A lower solution fails nowhere; where the way ended tells what is missing.
  const shown = best?.at ?? (first.converged ? followed : voltages);
  voltages.re.set(shown.re);
  voltages.im.set(shown.im);
  return { converged: best !== undefined, iterations };
}

/** As without load, but 1 pu wherever no generator holds the voltage. */
function setNominalVoltages(grid: CompiledGrid, demand: NodeDemand, at: NodeVoltages): void {
  setNoLoadVoltages(grid, demand, at);
  for (let node = 1; node < at.re.length; node++) {
    if (grid.controlledVmPu[node]! > 0) continue;
    const vmPu = Math.hypot(at.re[node]!, at.im[node]!);
    at.re[node]! /= vmPu;
    at.im[node]! /= vmPu;
  }
}

function fromNominalVoltage(voltages: NodeVoltages): number {
  const { lowest, highest } = extremeVmPu(voltages);
  return Math.max(Math.log(highest), -Math.log(lowest));
}

function extremeVmPu({ re, im }: NodeVoltages): { lowest: number; highest: number } {
  let lowest = Infinity;
  let highest = 0;
  for (let node = 0; node < re.length; node++) {
    const squared = re[node]! * re[node]! + im[node]! * im[node]!;
    lowest = Math.min(lowest, squared);
    highest = Math.max(highest, squared);
  }
  return { lowest: Math.sqrt(lowest), highest: Math.sqrt(highest) };
}
