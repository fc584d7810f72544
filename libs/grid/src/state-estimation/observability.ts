import { createNodeVoltages, type NodeVoltages } from '../power-flow/attempt';
import { evaluateAll, scatter, type EstimationProblem } from './problem';
import { resetSparseQr, rotateIn, solveUpper } from './sparse-qr';

/** Share of the largest entry of the null vector from which on a node counts as moving. */
const moves = 1e-6;

/**
 * Nodes whose voltage the measurements do not determine, ascending: the rank of the derivatives at a
 * state in general position (numerical observability, Monticelli and Wu 1985). Where rank is missing,
 * the state can move without a measurement noticing; every node that moves along is unobservable.
 */
export function unobservableNodes(
  problem: EstimationProblem,
  voltages: NodeVoltages,
): readonly number[] {
  const { qr, position } = problem;
  evaluateAll(problem, generalPosition(voltages));
  resetSparseQr(qr);
  for (const weighted of [...problem.exact, ...problem.measured]) {
    const { dTheta, dU } = weighted.row;
    const norm = Math.hypot(...dTheta, ...dU);
    if (norm === 0) continue;
    scatter(problem, weighted, norm);
    rotateIn(qr, weighted.first, 0);
  }
  if (!qr.filled.includes(0)) return [];
  // One vector of the null space in general position: it moves whatever can move.
  const x = new Float64Array(qr.filled.length);
  qr.filled.forEach((isFilled, column) => {
    if (isFilled === 0) x[column] = 1 + fraction(column);
  });
  solveUpper(qr, x);
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const isMoving = (column: number): boolean => Math.abs(x[column]!) > moves * largest;
  return Array.from(position.keys()).filter(
    (node) => isMoving(2 * position[node]!) || isMoving(2 * position[node]! + 1),
  );
}

/** Voltages a little off, each by its own: no current is exactly nothing, no two are alike. */
function generalPosition({ re, im }: NodeVoltages): NodeVoltages {
  const moved = createNodeVoltages(re.length);
  for (let node = 0; node < re.length; node++) {
    const factor = 1 + 0.01 * fraction(2 * node);
    const angle = 0.01 * fraction(2 * node + 1);
    moved.re[node] = factor * (re[node]! * Math.cos(angle) - im[node]! * Math.sin(angle));
    moved.im[node] = factor * (re[node]! * Math.sin(angle) + im[node]! * Math.cos(angle));
  }
  return moved;
}

/** Evenly spread numbers in [0, 1) that are the same on every machine: multiples of the golden mean. */
const fraction = (index: number): number => ((index + 1) * 0.618033988749895) % 1;
