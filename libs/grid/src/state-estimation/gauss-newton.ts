import type { NodeVoltages } from '../power-flow/attempt';
import { evaluateAll, residualOf, scatter, type EstimationProblem } from './problem';
import { addRow, finishFactor, resetSparseQr, solveUpper } from './sparse-qr';

const iterationsMax = 50;
/** A step below this, radian or relative voltage, ends the search. */
const stepTolerance = 1e-8;
const shareMin = 1 / 64;

export interface Descent {
  readonly converged: boolean;
  readonly iterations: number;
}

/**
 * Weighted least squares by Gauss-Newton (Abur and Gomez-Exposito, Power System State Estimation,
 * 2004, chapters 2 and 3): each step solves the linearised problem by orthogonal rotations.
 *
 * Steps that grow are halved. The sum of squares is no guide: a step along what must hold exactly
 * leaves it by a term of second order, which its weight turns into a large one for a moment.
 *
 * @param voltages start; on return the estimate, or the last state reached. On return the rows of
 * the problem are those of that state, and its factor that of a state closer than the tolerance.
 */
export function solveLeastSquares(problem: EstimationProblem, voltages: NodeVoltages): Descent {
  evaluateAll(problem, voltages);
  let previous = Infinity;
  let share = 1;
  for (let iterations = 1; iterations <= iterationsMax; iterations++) {
    factorise(problem);
    const step = Float64Array.from(problem.qr.rightHandSide);
    solveUpper(problem.qr, step);
    const largest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(largest < Infinity) || problem.qr.filled.includes(0)) {
      return { converged: false, iterations };
    }
    share = largest > previous ? Math.max(shareMin, share / 2) : Math.min(1, 2 * share);
    previous = largest;
    // No node turns by more than a radian or changes its voltage by more than a factor e at once.
    move(problem, voltages, step, Math.min(share, 1 / largest));
    evaluateAll(problem, voltages);
    if (largest < stepTolerance) return { converged: true, iterations };
  }
  return { converged: false, iterations: iterationsMax };
}

/** Factor of the weighted derivatives at the state last evaluated; the surest rows go first. */
function factorise(problem: EstimationProblem): void {
  const { qr, exact, measured } = problem;
  resetSparseQr(qr);
  for (const rows of [exact, measured]) {
    for (const weighted of rows) {
      scatter(problem, weighted, weighted.sigma);
      addRow(qr, weighted.first, residualOf(weighted) / weighted.sigma);
    }
  }
  finishFactor(qr);
}

function move(
  { position }: EstimationProblem,
  { re, im }: NodeVoltages,
  step: Float64Array,
  share: number,
): void {
  for (let node = 0; node < re.length; node++) {
    const column = 2 * position[node]!;
    const angle = share * step[column]!;
    const factor = Math.exp(share * step[column + 1]!);
    const cosine = factor * Math.cos(angle);
    const sine = factor * Math.sin(angle);
    const before = re[node]!;
    re[node] = before * cosine - im[node]! * sine;
    im[node] = before * sine + im[node]! * cosine;
  }
}
