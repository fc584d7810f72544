import { deliveryDay } from '@flexledger/domain';
import { forecastBasis, forecastShapes } from '@flexledger/dso-technical-platform';
import { compileGrid, solveSeries, type GridLoading, type Network } from '@flexledger/grid';
import { drawLvFeeder } from './lv-feeder';

const DAY = '2026-03-17';
const ZONE = 'Europe/Rome';
const POWER_FACTOR_TAN = 0.3;

/** What solving some feeders took, without drawing them. */
export interface FeederDays {
  readonly seconds: number;
  /** Quarter-hours without a solution. */
  readonly failures: number;
  /** Lowest voltage met, pu. */
  readonly lowestPu: number;
}

/** Compiles and solves the day of each feeder from `from` to below `to`. */
export function solveFeederDays(from: number, to: number): FeederDays {
  const household = householdShape();
  let seconds = 0;
  let failures = 0;
  let lowestPu = Infinity;
  for (let index = from; index < to; index += 1) {
    const { network, annualKwh } = drawLvFeeder(index);
    const startedMs = performance.now();
    const series = solveSeries(compileGrid(network), loadingOf(annualKwh, household));
    seconds += (performance.now() - startedMs) / 1e3;
    failures += series.failures.length;
    for (const vmPu of series.busVmPu) if (vmPu < lowestPu) lowestPu = vmPu;
  }
  return { seconds, failures, lowestPu };
}

/** A drawn feeder and its powers on the day. */
export function feederDay(index: number): { network: Network; loading: GridLoading } {
  const { network, annualKwh } = drawLvFeeder(index);
  return { network, loading: loadingOf(annualKwh, householdShape()) };
}

/** W per annual kWh, by quarter-hour. */
const householdShape = (): Float64Array =>
  forecastShapes(DAY, deliveryDay(DAY, ZONE), forecastBasis(ZONE)).load.household;

function loadingOf(annualKwh: readonly number[], shape: Float64Array): GridLoading {
  const steps = shape.length;
  const loadPMw = new Float64Array(steps * annualKwh.length);
  const loadQMvar = new Float64Array(steps * annualKwh.length);
  for (let step = 0, at = 0; step < steps; step += 1) {
    for (const kwh of annualKwh) {
      loadPMw[at] = (shape[step]! * kwh) / 1e6;
      loadQMvar[at] = loadPMw[at]! * POWER_FACTOR_TAN;
      at += 1;
    }
  }
  return { steps, loadPMw, loadQMvar };
}
