/**
 * Technical validation of an outcome (FR_DTP_ATV_1): accepted power is applied to the forecast and
 * the AC power flow has the last word. An outcome that harms nothing is accepted whole. Where it
 * does harm, rows are taken in order of priority (DSO before TSO, then as listed) and each keeps as
 * much as the grid bears: OK, partial with the permitted quantity, or KO with the violated element.
 */
import {
  MARKET_COUNT,
  type OutcomeRow,
  type Requester,
  type RowValidation,
  marketIndex,
} from '@flexledger/domain';
import { type GridLoading, type StepSolver, createStepSolver } from '@flexledger/grid';
import { type GridForecast, loadingOf } from '../grid-forecast';
import { type PowerChange, signOf, withRows } from '../power-change';
import { type OperatedGrid, busOfPod } from '../operated-grid';
import { type MtuGrid, type RowInMtu, keepRows } from './keep-rows';
import {
  type StepLimits,
  createStepLimits,
  harmedElement,
  setLimits,
  setNoLimits,
} from './limits-at-step';

/** Whose rows come first. */
const PRIORITY: readonly Requester[] = ['DSO', 'TSO'];
/** What the element of a row is called whose PoD this grid does not supply. */
const NOT_ON_GRID = 'not-on-grid';
/** And where the power flow has no solution, so that nothing can be shown to be harmless. */
const NO_SOLUTION = 'no-solution';

/**
 * @param sold what is bought already, on top of the forecast
 * @returns the rows that are not OK, by index; `permittedW` is var for product Q
 */
export function validateOutcome(
  grid: OperatedGrid,
  forecast: GridForecast,
  sold: PowerChange,
  rows: readonly OutcomeRow[],
): RowValidation[] {
  const all = withRows(grid, forecast, sold, rows, (row) => row.acceptedW);
  const validation: Validation = {
    grid,
    rows,
    buses: Int32Array.from(rows, (row) => busOfPod(grid, row.podId) ?? -1),
    before: loadingOf(grid, forecast, sold),
    after: loadingOf(grid, forecast, all),
    solver: createStepSolver(grid.compiled),
    limits: createStepLimits(grid),
    cuts: new Map(),
  };
  validation.buses.forEach((bus, index) => {
    if (bus >= 0) return;
    const permittedW = rows[index]!.acceptedW.map(() => 0);
    validation.cuts.set(index, { permittedW, violatedElement: NOT_ON_GRID });
  });
  for (let mtu = 0; mtu < forecast.mtuCount; mtu += 1) validateMtu(validation, mtu);
  return [...validation.cuts]
    .sort(([a], [b]) => a - b)
    .map(([index, { permittedW, violatedElement }]) => {
      const status = permittedW.some((watts) => watts > 0) ? 'partial' : 'KO';
      return { index, status, permittedW, violatedElement };
    });
}

/** What is left of a row, and what stood in the way in the first MTU that cut it. */
interface Cut {
  readonly permittedW: number[];
  readonly violatedElement: string;
}

interface Validation {
  readonly grid: OperatedGrid;
  readonly rows: readonly OutcomeRow[];
  /** Bus of each row; -1 = not on this grid. */
  readonly buses: Int32Array;
  readonly before: Required<Omit<GridLoading, 'externalGridVmPu'>>;
  readonly after: GridLoading;
  readonly solver: StepSolver;
  readonly limits: StepLimits;
  /** By row, of those that are not OK. */
  readonly cuts: Map<number, Cut>;
}

function validateMtu(validation: Validation, mtu: number): void {
  const { grid, rows, solver, before, after, limits, cuts } = validation;
  if (solver.solve(before, mtu) === null) setLimits(grid, solver.state, limits);
  else setNoLimits(limits);
  if (harmIn(validation, after, mtu) === undefined) return;
  const classes = PRIORITY.map((requester) => activeRows(validation, requester, mtu));
  const { keptW, harmAt } = keepRows(
    classes.map((active) => active.map(({ inMtu }) => inMtu)),
    mtuGrid(validation, mtu),
  );
  classes.flat().forEach(({ index, inMtu }, at) => {
    if (keptW[at] === inMtu.quantityW) return;
    let cut = cuts.get(index);
    if (!cut) {
      const violatedElement = harmAt.get(inMtu.place)!;
      cuts.set(index, (cut = { permittedW: [...rows[index]!.acceptedW], violatedElement }));
    }
    cut.permittedW[mtu - rows[index]!.firstMtu] = keptW[at]!;
  });
}

function harmIn(
  { grid, solver, limits }: Validation,
  loading: GridLoading,
  step: number,
): string | undefined {
  if (solver.solve(loading, step) !== null) return NO_SOLUTION;
  return harmedElement(grid, solver.state, limits);
}

/** A requester's rows with a quantity in a MTU, as listed. */
function activeRows(
  { rows, buses }: Validation,
  requester: Requester,
  mtu: number,
): { readonly index: number; readonly inMtu: RowInMtu }[] {
  const active: { index: number; inMtu: RowInMtu }[] = [];
  rows.forEach((row, index) => {
    const quantityW = row.acceptedW[mtu - row.firstMtu] ?? 0;
    if (row.requester !== requester || quantityW <= 0 || buses[index]! < 0) return;
    const place = buses[index]! * MARKET_COUNT + marketIndex(row.product, row.direction);
    active.push({ index, inMtu: { place, quantityW } });
  });
  return active;
}

/** A MTU without the outcome's rows, to which a search adds them one by one. */
function mtuGrid(validation: Validation, mtu: number): MtuGrid {
  const { before } = validation;
  const ofMtu = (column: Float64Array): Float64Array => {
    const elements = column.length / before.steps;
    return column.slice(mtu * elements, (mtu + 1) * elements);
  };
  const loading = {
    steps: 1,
    busPMw: ofMtu(before.busPMw),
    busQMvar: ofMtu(before.busQMvar),
    loadPMw: ofMtu(before.loadPMw),
    loadQMvar: ofMtu(before.loadQMvar),
    generatorPMw: ofMtu(before.generatorPMw),
    generatorQMvar: ofMtu(before.generatorQMvar),
  };
  // The sum of what is added is kept in whole W, so that adding and taking away leave no trace.
  const columns = [loading.busPMw, loading.busQMvar].map((column) => ({
    column,
    baseMw: column.slice(),
    addedW: new Float64Array(column.length),
  }));
  return {
    add(place, quantityW) {
      const bus = place >> 2;
      const { column, baseMw, addedW } = columns[(place >> 1) & 1]!;
      addedW[bus]! += signOf({ direction: (place & 1) === 0 ? 'up' : 'down' }) * quantityW;
      column[bus] = baseMw[bus]! + addedW[bus]! / 1e6;
    },
    harm: () => harmIn(validation, loading, 0),
  };
}
