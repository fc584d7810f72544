import { GridModelError } from '../model/grid-model-error';
import type { NodeVoltages } from '../power-flow/attempt';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import { findBadData, normalizedResiduals } from './bad-data';
import { chiSquareExceedance } from './chi-square';
import { solveLeastSquares } from './gauss-newton';
import { bindMeasurements, type BoundMeasurement, type Measurement } from './measurements';
import { unobservableNodes } from './observability';
import { createProblem, residualOf, type EstimationProblem } from './problem';
import { createRowFactory } from './rows';
import { varianceOfRow } from './sparse-qr';
import { startVoltages } from './start';

export interface EstimationOptions {
  /** Probability that no good measurement is removed, and of the chi-square test; default 0.99. */
  readonly confidence?: number;
  /** Remove bad data and estimate again; default true. */
  readonly removeBadData?: boolean;
}

/** The most likely state of a grid, given its measurements. */
export interface StateEstimate {
  readonly converged: true;
  /** Gauss-Newton steps, those after removals included. */
  readonly iterations: number;
  readonly buses: readonly EstimatedBus[];
  /** What was used, in the order given; without what was removed. */
  readonly measurements: readonly EstimatedMeasurement[];
  readonly removed: readonly RemovedMeasurement[];
  readonly chiSquare: ChiSquareTest;
  /** Ids of measurements where nothing is energised. */
  readonly unused: readonly string[];
  readonly unsuppliedBuses: readonly string[];
}

export interface EstimatedBus {
  readonly id: string;
  readonly vmPu: number;
  readonly vaDegree: number;
  /** Standard deviations; the angle's is against the reference. */
  readonly vmSigmaPu: number;
  readonly vaSigmaDegree: number;
}

export interface EstimatedMeasurement {
  readonly id: string;
  readonly estimate: number;
  /** Measured less estimated, in the measurement's unit. */
  readonly residual: number;
  /** Residual over its standard deviation; null = critical, nothing else can check it. */
  readonly normalizedResidual: number | null;
}

export interface RemovedMeasurement {
  readonly id: string;
  readonly normalizedResidual: number;
  /** What the others say it should have been. */
  readonly estimate: number;
  /** Measurements that explain the residuals as well: one of them may be the wrong one instead. */
  readonly indistinguishableFrom: readonly string[];
}

/** Is the weighted sum of squared residuals what noise of the given sigmas brings? */
export interface ChiSquareTest {
  readonly value: number;
  readonly degreesOfFreedom: number;
  /** Probability of a value as large from noise alone. */
  readonly pValue: number;
  /** `pValue` is not below 1 - confidence. */
  readonly passed: boolean;
}

/** There is no estimate. */
export type NoEstimate =
  | {
      readonly converged: false;
      readonly reason: 'unobservable';
      /** Buses whose voltage the measurements leave open. */
      readonly unobservableBuses: readonly string[];
    }
  | {
      readonly converged: false;
      readonly reason: 'diverged';
      readonly iterations: number;
      /** The measurement that the last state is furthest from, in its standard deviations. */
      readonly worstMeasurement: string;
    };

/**
 * Weighted least squares over all measurements, with nothing injected where nothing is connected, and
 * removal of bad data by the largest normalised residual. The network's own powers only tell where to
 * start.
 *
 * @throws GridModelError naming a measurement that refers to nothing, or whose numbers will not do.
 */
export function estimateState(
  grid: CompiledGrid,
  measurements: readonly Measurement[],
  { confidence = 0.99, removeBadData = true }: EstimationOptions = {},
): StateEstimate | NoEstimate {
  if (!(confidence > 0 && confidence < 1)) {
    throw new GridModelError('confidence', `is ${confidence}`, 'Give a number between 0 and 1');
  }
  const { bound, unused } = bindMeasurements(grid, measurements);
  const voltages = startVoltages(grid);
  let kept = bound;
  let problem = createProblem(grid, kept);
  const open = unobservableNodes(problem, voltages);
  if (open.length > 0) {
    const isOpen = new Set(open);
    const unobservableBuses = namesOfBuses(grid, (node) => isOpen.has(node));
    return { converged: false, reason: 'unobservable', unobservableBuses };
  }
  const removed: Removal[] = [];
  let iterations = 0;
  for (;;) {
    const descent = solveLeastSquares(problem, voltages);
    iterations += descent.iterations;
    if (!descent.converged) {
      const worstMeasurement = furthest(problem, kept);
      return { converged: false, reason: 'diverged', iterations, worstMeasurement };
    }
    const residuals = normalizedResiduals(problem);
    const suspect = removeBadData ? findBadData(residuals, confidence) : null;
    if (suspect === null) {
      return {
        converged: true,
        iterations,
        buses: estimatedBuses(problem, voltages),
        measurements: problem.measured.map((weighted, index) => ({
          id: kept[index]!.id,
          estimate: weighted.row.value,
          residual: residualOf(weighted),
          normalizedResidual: residuals[index]!,
        })),
        removed: removedMeasurements(grid, removed, voltages),
        chiSquare: chiSquareTest(problem, confidence),
        unused,
        unsuppliedBuses: namesOfBuses(grid, (node) => node < 0),
      };
    }
    removed.push({
      measurement: kept[suspect.index]!,
      normalizedResidual: residuals[suspect.index]!,
      indistinguishableFrom: suspect.indistinguishable.map((other) => kept[other]!.id),
    });
    kept = kept.filter((_, other) => other !== suspect.index);
    problem = createProblem(grid, kept);
  }
}

function furthest({ measured }: EstimationProblem, kept: readonly BoundMeasurement[]): string {
  const distances = measured.map((weighted) => Math.abs(residualOf(weighted)) / weighted.sigma);
  const most = distances.reduce((far, distance) => Math.max(far, distance), -Infinity);
  return kept[Math.max(0, distances.indexOf(most))]!.id;
}

interface Removal {
  readonly measurement: BoundMeasurement;
  readonly normalizedResidual: number;
  readonly indistinguishableFrom: readonly string[];
}

function removedMeasurements(
  grid: CompiledGrid,
  removed: readonly Removal[],
  voltages: NodeVoltages,
): RemovedMeasurement[] {
  const rowOf = createRowFactory(grid);
  return removed.map(({ measurement, normalizedResidual, indistinguishableFrom }) => {
    const row = rowOf(measurement.place);
    row.evaluate(voltages);
    const { id } = measurement;
    return { id, normalizedResidual, estimate: row.value, indistinguishableFrom };
  });
}

function namesOfBuses(
  { network, topology }: CompiledGrid,
  has: (node: number) => boolean,
): string[] {
  return network.buses.filter((_, bus) => has(topology.nodeOfBus[bus]!)).map(({ id }) => id);
}

function estimatedBuses(
  problem: EstimationProblem,
  { re, im }: NodeVoltages,
): readonly EstimatedBus[] {
  const { grid, qr, position } = problem;
  const deviation = (node: number, half: 0 | 1): number => {
    qr.row[2 * position[node]! + half] = 1;
    return Math.sqrt(varianceOfRow(qr, position[node]!));
  };
  const toDegree = 180 / Math.PI;
  return grid.network.buses.flatMap(({ id }, bus) => {
    const node = grid.topology.nodeOfBus[bus]!;
    if (node < 0) return [];
    const vmPu = Math.hypot(re[node]!, im[node]!);
    return {
      id,
      vmPu,
      vaDegree: Math.atan2(im[node]!, re[node]!) * toDegree,
      vmSigmaPu: vmPu * deviation(node, 1),
      vaSigmaDegree: toDegree * deviation(node, 0),
    };
  });
}

function chiSquareTest(problem: EstimationProblem, confidence: number): ChiSquareTest {
  const { measured, exact, qr } = problem;
  const value = measured.reduce(
    (sum, weighted) => sum + (residualOf(weighted) / weighted.sigma) ** 2,
    0,
  );
  const degreesOfFreedom = measured.length + exact.length - 2 * qr.size;
  const pValue = chiSquareExceedance(value, degreesOfFreedom);
  return { value, degreesOfFreedom, pValue, passed: pValue >= 1 - confidence };
}
