import { normalExceedance } from './chi-square';
import { residualOf, scatter, type EstimationProblem } from './problem';
import { varianceOfRow } from './sparse-qr';

/** A residual variance below this part of the measurement's leaves nothing to test. */
const criticalShare = 1e-6;
/** Normalised residuals this close to each other, relative, cannot be told apart. */
const alike = 1e-6;

/**
 * Residual of each measurement over its own standard deviation (Handschin et al. 1975); null for a
 * critical measurement, which the estimate meets exactly because nothing else says what it says.
 */
export function normalizedResiduals(problem: EstimationProblem): (number | null)[] {
  return problem.measured.map((weighted) => {
    scatter(problem, weighted, weighted.sigma);
    const share = 1 - varianceOfRow(problem.qr, weighted.first);
    if (share < criticalShare) return null;
    return residualOf(weighted) / weighted.sigma / Math.sqrt(share);
  });
}

/** The measurement whose normalised residual is too large to be noise. */
export interface Suspect {
  readonly index: number;
  /** Others that would explain the residuals as well. */
  readonly indistinguishable: readonly number[];
}

/**
 * The largest normalised residual, where noise alone would bring one as large among all that are
 * tested with a probability below `1 - confidence` (Bonferroni's bound; with 100 measurements and
 * 0.99 it is at 4.06 standard deviations).
 */
export function findBadData(
  residuals: readonly (number | null)[],
  confidence: number,
): Suspect | null {
  const tested = residuals.flatMap((residual, index) =>
    residual === null ? [] : [{ index, size: Math.abs(residual) }],
  );
  const largest = tested.reduce((most, { size }) => Math.max(most, size), 0);
  const [first, ...others] = tested.filter(({ size }) => size >= largest * (1 - alike));
  if (first === undefined || tested.length * normalExceedance(largest) >= 1 - confidence) {
    return null;
  }
  return { index: first.index, indistinguishable: others.map(({ index }) => index) };
}
