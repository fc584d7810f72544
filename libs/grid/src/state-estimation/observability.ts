import type { NodeVoltages } from '../power-flow/attempt';
import { fraction } from './start';
import { evaluateAll, scatter, type EstimationProblem } from './problem';
import { addRow, finishFactor, resetSparseQr, solveUpper } from './sparse-qr';

/** Share of the largest entry of the null vector from which on a node counts as moving. */
const moves = 1e-6;

/**
 * Nodes whose voltage the measurements do not determine, ascending: the rank of the derivatives
 * (numerical observability, Monticelli and Wu 1985). Where rank is missing, the state can move without
 * a measurement noticing; every node that moves along is unobservable.
 *
 * @param voltages a state in general position.
 */
export function unobservableNodes(
  problem: EstimationProblem,
  voltages: NodeVoltages,
): readonly number[] {
  const { qr, position } = problem;
  evaluateAll(problem, voltages);
  resetSparseQr(qr);
  for (const weighted of [...problem.exact, ...problem.measured]) {
    const { dTheta, dU } = weighted.row;
    const norm = Math.hypot(...dTheta, ...dU);
    if (norm === 0) continue;
    scatter(problem, weighted, norm);
    addRow(qr, weighted.first, 0);
  }
  finishFactor(qr);
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
