import type { NodeVoltages } from '../power-flow/attempt';
import { evaluateAll, residualOf, scatter, type EstimationProblem } from './problem';
import { resetSparseQr, rotateIn, solveUpper } from './sparse-qr';

const iterationsMax = 50;
/** A step below this, radian or relative voltage, ends the search. */
const stepTolerance = 1e-9;
/** A step this short that brings nothing has come to the end of the digits. */
const stepOfRounding = 1e-6;
const stepShareMin = 1 / 1024;

export interface Descent {
  readonly converged: boolean;
  readonly iterations: number;
}

/**
 * Weighted least squares by Gauss-Newton (Abur and Gomez-Exposito, Power System State Estimation,
 * 2004, chapters 2 and 3): each step solves the linearised problem by orthogonal rotations and is
 * halved until the weighted sum of squares does not grow.
 *
 * @param voltages start; on return the estimate, or the best state found. On return the problem's
 * factor belongs to it.
 */
export function solveLeastSquares(problem: EstimationProblem, voltages: NodeVoltages): Descent {
  let error = evaluateAll(problem, voltages);
  for (let iterations = 1; iterations <= iterationsMax; iterations++) {
    factorise(problem);
    if (problem.qr.filled.includes(0)) return { converged: false, iterations };
    const step = Float64Array.from(problem.qr.rightHandSide);
    solveUpper(problem.qr, step);
    const largest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const reached = search(problem, voltages, step, largest, error);
    if (reached === null) return { converged: largest < stepOfRounding, iterations };
    error = reached;
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
      rotateIn(qr, weighted.first, residualOf(weighted) / weighted.sigma);
    }
  }
}

/**
 * Goes along the step, all of it or half and so on, until the error does not grow. Returns the new
 * error, or null with the voltages as before.
 */
function search(
  problem: EstimationProblem,
  voltages: NodeVoltages,
  step: Float64Array,
  largest: number,
  error: number,
): number | null {
  const { re, im } = voltages;
  const previousRe = Float64Array.from(re);
  const previousIm = Float64Array.from(im);
  // No node turns by more than a radian or changes its voltage by more than a factor e at once.
  for (let share = Math.min(1, 1 / largest); share >= stepShareMin; share /= 2) {
    for (let node = 0; node < re.length; node++) {
      const column = 2 * problem.position[node]!;
      const angle = share * step[column]!;
      const factor = Math.exp(share * step[column + 1]!);
      const cosine = factor * Math.cos(angle);
      const sine = factor * Math.sin(angle);
      re[node] = previousRe[node]! * cosine - previousIm[node]! * sine;
      im[node] = previousRe[node]! * sine + previousIm[node]! * cosine;
    }
    const reached = evaluateAll(problem, voltages);
    if (reached <= error) return reached;
  }
  re.set(previousRe);
  im.set(previousIm);
  evaluateAll(problem, voltages);
  return null;
}
