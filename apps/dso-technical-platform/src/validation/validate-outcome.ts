/**
 * Technical validation of an outcome (FR_DTP_ATV_1): accepted power is applied to the forecast and the
 * AC power flow has the last word. An outcome that harms nothing is accepted whole. Where it does
 * harm, rows are taken in order of priority (DSO before TSO, then as listed) and each keeps as much
 * as the grid bears: OK, partial with the permitted quantity, or KO with the violated element.
 */
import type { OutcomeRow, RowValidation } from '@flexledger/domain';
import { type SeriesResult, solveSeries } from '@flexledger/grid';
import { type GridForecast, loadingOf } from '../forecast/grid-forecast';
import type { OperatedGrid } from '../grid-model/operated-grid';

/** Worse than before by less than this is no harm: A, % and 1e-3 pu are far above the flow's error. */
const TOLERANCE = { lineA: 1e-3, transformerPercent: 1e-4, vmPu: 1e-6 };
/** Partial quantities are found to this many W. */
const RESOLUTION_W = 10;

/**
 * @param sold change of the withdrawal that is already bought, by bus index, W by MTU
 * @returns the rows that are not OK, by index
 */
export function validateOutcome(
  grid: OperatedGrid,
  forecast: GridForecast,
  sold: ReadonlyMap<number, Float64Array>,
  rows: readonly OutcomeRow[],
): RowValidation[] {
  const before = solveSeries(grid.compiled, loadingOf(grid, forecast, sold));
  const all = withRows(grid, forecast, sold, rows, (row) => row.acceptedW);
  const after = solveSeries(grid.compiled, loadingOf(grid, forecast, all));
  const harmed = new Map<number, string>();
  for (let mtu = 0; mtu < forecast.mtuCount; mtu += 1) {
    const element = harmAt(grid, before, after, mtu, mtu);
    if (element !== undefined) harmed.set(mtu, element);
  }
  if (harmed.size === 0) return [];
  const permitted = rows.map((row) => [...row.acceptedW]);
  for (const [mtu, element] of harmed) {
    keepAtMtu({ grid, forecast, sold, rows, before, mtu, element }, permitted);
  }
  return rows.flatMap((row, index) => {
    const permittedW = permitted[index]!;
    const mtu = permittedW.findIndex((watts, at) => watts < row.acceptedW[at]!);
    if (mtu < 0) return [];
    const violatedElement = harmed.get(row.firstMtu + mtu)!;
    const status = permittedW.some((watts) => watts > 0) ? 'partial' : 'KO';
    return [{ index, status, permittedW, violatedElement } as const];
  });
}

interface HarmedMtu {
  readonly grid: OperatedGrid;
  readonly forecast: GridForecast;
  readonly sold: ReadonlyMap<number, Float64Array>;
  readonly rows: readonly OutcomeRow[];
  readonly before: SeriesResult;
  readonly mtu: number;
  readonly element: string;
}

/** Finds what can be kept in one MTU by halving the list of rows until the harmful ones stand alone. */
function keepAtMtu(at: HarmedMtu, permitted: number[][]): void {
  const { rows, mtu } = at;
  const active = rows
    .map((row, index) => ({ index, offset: mtu - row.firstMtu, row }))
    .filter(({ offset, row }) => (row.acceptedW[offset] ?? 0) > 0)
    .sort((a, b) => priority(a.row) - priority(b.row) || a.index - b.index);
  const kept = new Map<number, number>();
  const bears = (more: readonly (readonly [number, number])[]): boolean => {
    const changeW = mtuChange(at, new Map([...kept, ...more]));
    const solved = solveSeries(at.grid.compiled, changeW);
    return harmAt(at.grid, at.before, solved, mtu, 0) === undefined;
  };
  const wanted = active.map(({ index, offset, row }) => [index, row.acceptedW[offset]!] as const);
  const keep = (chunk: readonly (readonly [number, number])[]): void => {
    if (chunk.length === 0) return;
    if (bears(chunk)) {
      for (const [index, watts] of chunk) kept.set(index, watts);
    } else if (chunk.length === 1) {
      const [index, watts] = chunk[0]!;
      kept.set(
        index,
        largestBorne(watts, (part) => bears([[index, part]])),
      );
    } else {
      const middle = chunk.length >> 1;
      keep(chunk.slice(0, middle));
      keep(chunk.slice(middle));
    }
  };
  keep(wanted);
  for (const { index, offset } of active) permitted[index]![offset] = kept.get(index) ?? 0;
}

function largestBorne(watts: number, bears: (part: number) => boolean): number {
  let low = 0;
  let high = Math.ceil(watts / RESOLUTION_W);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (bears(middle * RESOLUTION_W)) low = middle;
    else high = middle;
  }
  return low * RESOLUTION_W;
}

const priority = (row: OutcomeRow): number => (row.requester === 'DSO' ? 0 : 1);

/** Loading of a single MTU with so many W kept of each row. */
function mtuChange(at: HarmedMtu, kept: ReadonlyMap<number, number>) {
  const { grid, forecast, sold, rows, mtu } = at;
  const changeW = new Map<number, Float64Array>();
  const add = (bus: number, watts: number): void => {
    const change = changeW.get(bus) ?? new Float64Array(1);
    change[0]! += watts;
    changeW.set(bus, change);
  };
  for (const [bus, watts] of sold) add(bus, watts[mtu]!);
  for (const [index, watts] of kept) {
    const row = rows[index]!;
    if (row.product === 'P') add(busOf(grid, row), row.direction === 'up' ? -watts : watts);
  }
  const single: GridForecast = {
    mtuCount: 1,
    busW: forecast.busW.map((row) => [row[mtu]!]),
    busVar: forecast.busVar.map((row) => [row[mtu]!]),
  };
  return loadingOf(grid, single, changeW);
}

/** The change of withdrawal by bus when rows are added to what is sold already. */
export function withRows(
  grid: OperatedGrid,
  forecast: Pick<GridForecast, 'mtuCount'>,
  sold: ReadonlyMap<number, Float64Array>,
  rows: readonly OutcomeRow[],
  quantityOf: (row: OutcomeRow) => readonly number[],
): Map<number, Float64Array> {
  const changeW = new Map([...sold].map(([bus, watts]) => [bus, Float64Array.from(watts)]));
  for (const row of rows) {
    if (row.product !== 'P') continue;
    const bus = busOf(grid, row);
    let change = changeW.get(bus);
    if (!change) changeW.set(bus, (change = new Float64Array(forecast.mtuCount)));
    quantityOf(row).forEach((watts, index) => {
      change[row.firstMtu + index]! += row.direction === 'up' ? -watts : watts;
    });
  }
  return changeW;
}

function busOf(grid: OperatedGrid, row: OutcomeRow): number {
  const bus = grid.busIndex.get(grid.busOfPod.get(row.podId) ?? '');
  if (bus === undefined) {
    throw new RangeError(`PoD ${row.podId} is not connected to grid ${grid.gridId}`);
  }
  return bus;
}

/** The first element beyond its limit and worse than before, if any. */
function harmAt(
  grid: OperatedGrid,
  before: SeriesResult,
  after: SeriesResult,
  mtuBefore: number,
  mtuAfter: number,
): string | undefined {
  const { lines, transformers, buses } = grid.compiled.network;
  const { limits } = grid;
  const failed = after.failures.some(({ step }) => step === mtuAfter);
  if (failed) return 'no-solution';
  const at = (rows: readonly unknown[], index: number) =>
    [mtuBefore * rows.length + index, mtuAfter * rows.length + index] as const;
  for (let index = 0; index < lines.length; index += 1) {
    const [was, is] = at(lines, index);
    const ampere = after.lineIKa[is]! * 1e3;
    const worse = ampere > before.lineIKa[was]! * 1e3 + TOLERANCE.lineA;
    if (ampere > limits.lineA[index]! && worse) return lines[index]!.id;
  }
  for (let index = 0; index < transformers.length; index += 1) {
    const [was, is] = at(transformers, index);
    const percent = after.transformerLoadingPercent[is]!;
    const worse = percent > before.transformerLoadingPercent[was]! + TOLERANCE.transformerPercent;
    if (percent > limits.transformerPercent && worse) return transformers[index]!.id;
  }
  for (let index = 0; index < buses.length; index += 1) {
    const [was, is] = at(buses, index);
    const vm = after.busVmPu[is]!;
    const lower = vm < limits.vMinPu && vm < before.busVmPu[was]! - TOLERANCE.vmPu;
    const higher = vm > limits.vMaxPu && vm > before.busVmPu[was]! + TOLERANCE.vmPu;
    if (lower || higher) return buses[index]!.id;
  }
  return undefined;
}
