import type { ElementType, ViolationKind, VoltageLevel } from '@flexledger/domain';
import type { Quantity, SeriesResult, StepState } from '@flexledger/grid';
import { type OperatedGrid, LV_KV_MAX } from '@flexledger/grid-operations';

/** One limit of one element. */
export interface GridLimit {
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly kind: ViolationKind;
  /** A for lines, % for transformers, pu for buses. */
  readonly limit: number;
}

/** An element out of one of its limits in some MTUs. */
export interface Violation extends GridLimit {
  /** By MTU, in the limit's unit, W of imbalance where there is no solution; NaN = none. */
  readonly value: Float64Array;
}

/**
 * Every element that leaves its limits in a solved series, in the order of the model's tables, then
 * the buses at which MTUs without a solution miss most.
 */
export function findViolations(grid: OperatedGrid, series: SeriesResult): Violation[] {
  const found: Violation[] = [];
  for (const limits of limitTables(grid)) {
    limits.forEach((limit, index) => {
      const valueOf = seriesValue(series, limit, limits.length, index);
      const value = new Float64Array(series.steps).fill(NaN);
      let any = false;
      for (let mtu = 0; mtu < series.steps; mtu += 1) {
        const now = valueOf(mtu);
        if (!(worseness(limit) * now > worseness(limit) * limit.limit)) continue;
        value[mtu] = now;
        any = true;
      }
      if (any) found.push({ ...limit, value });
    });
  }
  return [...found, ...unsolved(series)];
}

/** Limits of a grid as they lie in the columns of a solved step. */
export type LimitColumns = readonly (readonly GridLimit[])[];

/** A violated limit and how far its value is beyond it, in the limit's unit. */
export interface Excess {
  readonly limit: GridLimit;
  readonly excess: number;
}

/** Every limit that is left in a solved step, in the order of the model's tables. */
export function violatedIn(tables: LimitColumns, state: StepState): Excess[] {
  const found: Excess[] = [];
  for (const limits of tables) {
    if (limits.length === 0) continue;
    const { kind, unit } = quantityOf(limits[0]!);
    const sign = worseness(limits[0]!);
    const column = state[kind];
    for (let index = 0; index < limits.length; index += 1) {
      const excess = sign * (column[index]! * unit - limits[index]!.limit);
      if (excess > 0) found.push({ limit: limits[index]!, excess });
    }
  }
  return found;
}

/** MTUs in which a violation stands. */
export function violatedMtus(violation: Violation): number[] {
  return [...violation.value.keys()].filter((mtu) => !Number.isNaN(violation.value[mtu]!));
}

/** 1 where more is worse, -1 where less is. */
export const worseness = ({ kind }: GridLimit): 1 | -1 => (kind === 'underVoltage' ? -1 : 1);

/** What the power flow calls the limited quantity, and how many of the limit's units its unit is. */
export function quantityOf({ elementType, elementId: id }: GridLimit): Quantity & {
  readonly unit: number;
} {
  if (elementType === 'line') return { kind: 'lineIKa', id, unit: 1e3 };
  if (elementType === 'transformer') return { kind: 'transformerLoadingPercent', id, unit: 1 };
  return { kind: 'busVmPu', id, unit: 1 };
}

/** Which network an element belongs to; MV/LV transformers belong to the MV network. */
export function voltageLevelOf(
  grid: OperatedGrid,
  { elementType, elementId }: Pick<GridLimit, 'elementType' | 'elementId'>,
): VoltageLevel {
  if (elementType === 'transformer') return 'MV';
  const { lines, buses } = grid.compiled.network;
  const busId =
    elementType === 'bus' ? elementId : lines.find((line) => line.id === elementId)!.from;
  return buses[grid.busIndex.get(busId)!]!.vnKv <= LV_KV_MAX ? 'LV' : 'MV';
}

/** The limits of a grid, one list a table and kind, in the order of the model's tables. */
export function limitTables(grid: OperatedGrid): GridLimit[][] {
  const { lines, transformers, buses } = grid.compiled.network;
  const { lineA, transformerPercent, vMinPu, vMaxPu } = grid.limits;
  const ofBuses = (kind: ViolationKind, limits: Float64Array): GridLimit[] =>
    buses.map(({ id }, index) => ({
      elementType: 'bus',
      elementId: id,
      kind,
      limit: limits[index]!,
    }));
  return [
    lines.map(({ id }, index) => ({
      elementType: 'line',
      elementId: id,
      kind: 'overload',
      limit: lineA[index]!,
    })),
    transformers.map(({ id }) => ({
      elementType: 'transformer',
      elementId: id,
      kind: 'overload',
      limit: transformerPercent,
    })),
    ofBuses('underVoltage', vMinPu),
    ofBuses('overVoltage', vMaxPu),
  ];
}

function seriesValue(
  series: SeriesResult,
  limit: GridLimit,
  elements: number,
  index: number,
): (mtu: number) => number {
  const { kind, unit } = quantityOf(limit);
  const column = series[kind];
  return (mtu) => column[mtu * elements + index]! * unit;
}

function unsolved(series: SeriesResult): Violation[] {
  const byBus = new Map<string, Violation>();
  for (const { step, worstBus: elementId, worstMismatchMw } of series.failures) {
    let violation = byBus.get(elementId);
    if (!violation) {
      const value = new Float64Array(series.steps).fill(NaN);
      violation = { elementType: 'bus', elementId, kind: 'noSolution', limit: 0, value };
      byBus.set(elementId, violation);
    }
    violation.value[step] = Math.ceil(Math.abs(worstMismatchMw) * 1e6);
  }
  return [...byBus.values()];
}
