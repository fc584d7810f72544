/** What a variant of a grid's switches does to a forecast: what hangs together, and which limits hold. */
import {
  type Network,
  type SwitchPosition,
  connectivityOf,
  solveSeries,
  withPositions,
} from '@flexledger/grid';
import {
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  loadingOf,
} from '@flexledger/grid-operations';
import { keyOf } from '../requests/served-grid';
import { type GridLimit, type Violation, findViolations, worseness } from '../requests/violations';

/** A limit that is left before or after switching; A for lines, % for transformers, pu for buses, W where there is no solution. */
export interface SwitchedLimit extends GridLimit {
  /** The worst value of the session; null = within the limit. */
  readonly before: number | null;
  readonly after: number | null;
}

/** What switching does to the violations of a session. */
export interface SwitchingEffect {
  readonly ended: readonly SwitchedLimit[];
  readonly left: readonly SwitchedLimit[];
  readonly appeared: readonly SwitchedLimit[];
}

/** Buses that lose supply by switching, and the PoDs at them, in the order of the model. */
export interface CutOff {
  readonly busIds: readonly string[];
  readonly podIds: readonly string[];
}

/** A grid with switches as they are tried. */
export interface GridVariant {
  readonly network: Network;
  /** Independent loops; 0 = radial. */
  readonly rings: number;
  readonly cutOff: CutOff;
}

/** @throws GridModelError when the model has no such element */
export function variantOf(grid: OperatedGrid, positions: readonly SwitchPosition[]): GridVariant {
  const { network } = grid.compiled;
  const switched = withPositions(network, positions);
  const { unsuppliedBuses, rings } = connectivityOf(switched);
  const dead = new Set(connectivityOf(network).unsuppliedBuses);
  const busIds = unsuppliedBuses.filter((id) => !dead.has(id));
  const lost = new Set(busIds);
  const podIds = [...grid.busOfPod].flatMap(([podId, busId]) => (lost.has(busId) ? [podId] : []));
  const cutOff = { busIds, podIds: podIds.sort() };
  return { network: switched, rings, cutOff };
}

/**
 * Compares one forecast on two grids with the same buses.
 *
 * @param changeOn what is sold, on top of the forecast, as it falls on the grid
 */
export function effectOfSwitching(
  before: OperatedGrid,
  after: OperatedGrid,
  forecast: GridForecast,
  changeOn: (grid: OperatedGrid) => PowerChange,
): SwitchingEffect {
  const violated = (grid: OperatedGrid): ReadonlyMap<string, Violation> => {
    const series = solveSeries(grid.compiled, loadingOf(grid, forecast, changeOn(grid)));
    return new Map(findViolations(grid, series).map((violation) => [keyOf(violation), violation]));
  };
  const [was, is] = [violated(before), violated(after)];
  const told = [...new Set([...was.keys(), ...is.keys()])].map((key): SwitchedLimit => {
    const { elementType, elementId, kind, limit } = (is.get(key) ?? was.get(key))!;
    const values = { before: worstOf(was.get(key)), after: worstOf(is.get(key)) };
    return { elementType, elementId, kind, limit, ...values };
  });
  return {
    ended: told.filter(({ after: value }) => value === null),
    left: told.filter(({ before: one, after: other }) => one !== null && other !== null),
    appeared: told.filter(({ before: value }) => value === null),
  };
}

/** Whether a limit that stays violated is left further than before. */
export const isWorse = (limit: SwitchedLimit): boolean =>
  worseness(limit) * (limit.after! - limit.before!) > 1e-9;

function worstOf(violation: Violation | undefined): number | null {
  if (!violation) return null;
  const sign = worseness(violation);
  const values = [...violation.value].filter((value) => !Number.isNaN(value));
  return sign * Math.max(...values.map((value) => sign * value));
}
