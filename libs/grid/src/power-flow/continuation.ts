import { createNodeVoltages, setNoLoadVoltages, type Attempt, type NodeVoltages } from './attempt';
import { negativePivots } from './block-lu';
import type { CompiledGrid } from './compiled-grid';
import { createNodeDemand, type NodeDemand } from './demand';
import { factoriseAt, solveNewton } from './newton-raphson';

/** Share of the powers added first, and below which share the way counts as ended. */
const firstStep = 0.25;
const smallestStep = 1e-4;
/** A corrected voltage further from the predicted one has left the way, pu. */
const strayVmPu = 0.1;

/**
 * Follows the solution from no load to the full powers, all of them raised together, with a secant
 * predictor and Newton-Raphson as corrector (Ajjarapu and Christy 1992, parametrised by the load).
 * Reaches the operable, upper one of several solutions, where a start from no load may run into a
 * lower one or nowhere. A step that strays, or across which the determinant of the Jacobian changes
 * its sign, is cut: there the curve has its nose.
 *
 * @param voltages on return the solution, or the last one found on the way.
 */
export function solveByContinuation(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
): Attempt {
  const { nodeCount } = grid.topology;
  const plan = grid.newtonPlan();
  const scaled = createNodeDemand(nodeCount);
  const before = createNodeVoltages(nodeCount);
  const trial = createNodeVoltages(nodeCount);
  const predicted = createNodeVoltages(nodeCount);
  let iterations = 0;
  /** Solves from `trial`; tells whether the determinant is negative there, null = not solved. */
  const correct = (share: number): boolean | null => {
    scaleDemand(demand, share, scaled);
    const attempt = solveNewton(plan, scaled, trial);
    iterations += attempt.iterations;
    if (!attempt.converged || !factoriseAt(plan, scaled, trial)) return null;
    return negativePivots(plan.lu) % 2 === 1;
  };
  setNoLoadVoltages(grid, demand, trial);
  const side = correct(0);
  copyVoltages(trial, voltages);
  if (side === null) return { converged: false, iterations };
  let share = 0;
  let shareBefore = 0;
  let step = firstStep;
  while (share < 1 && step >= smallestStep) {
    const target = Math.min(1, share + step);
    const ahead = share > shareBefore ? (target - share) / (share - shareBefore) : 0;
    predict(before, voltages, ahead, trial);
    copyVoltages(trial, predicted);
    if (correct(target) !== side || distance(trial, predicted) > strayVmPu) {
      step /= 4;
      continue;
    }
    copyVoltages(voltages, before);
    copyVoltages(trial, voltages);
    shareBefore = share;
    share = target;
    step *= 2;
  }
  return { converged: share === 1, iterations };
}

/** `demand` with `share` of its powers; its admittances stay. */
export function scaleDemand(demand: NodeDemand, share: number, scaled: NodeDemand): void {
  for (const column of ['pMw', 'qMvar', 'currentPMw', 'currentQMvar'] as const) {
    for (let node = 0; node < demand[column].length; node++) {
      scaled[column][node] = share * demand[column][node]!;
    }
  }
  scaled.shuntRe.set(demand.shuntRe);
  scaled.shuntIm.set(demand.shuntIm);
  scaled.hasCurrent = demand.hasCurrent;
  scaled.slackVmPu = demand.slackVmPu;
}

/** Goes on from the last two solutions in a straight line, by `ahead` times their distance. */
function predict(
  before: NodeVoltages,
  now: NodeVoltages,
  ahead: number,
  trial: NodeVoltages,
): void {
  for (let node = 0; node < now.re.length; node++) {
    trial.re[node] = now.re[node]! + ahead * (now.re[node]! - before.re[node]!);
    trial.im[node] = now.im[node]! + ahead * (now.im[node]! - before.im[node]!);
  }
}

function distance(one: NodeVoltages, other: NodeVoltages): number {
  let largest = 0;
  for (let node = 0; node < one.re.length; node++) {
    const apart = Math.hypot(one.re[node]! - other.re[node]!, one.im[node]! - other.im[node]!);
    largest = Math.max(largest, apart);
  }
  return largest;
}

function copyVoltages(from: NodeVoltages, to: NodeVoltages): void {
  to.re.set(from.re);
  to.im.set(from.im);
}
