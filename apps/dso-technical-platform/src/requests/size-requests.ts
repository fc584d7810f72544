/**
 * From violations to requests (FR_DTP_ROF_3): the least power that has to move, and which PoDs can
 * move it, to bring every element back into its limits. A linear program on the sensitivities of
 * the power flow proposes, the AC power flow checks, and where the grid bends the program is solved
 * again, until nothing changes. A limit that stays violated then needs more than its PoDs have.
 */
import type { Direction, SolveMilp } from '@flexledger/domain';
import { type SeriesResult, sensitivities, solveSeries } from '@flexledger/grid';
import { type GridForecast, loadingOf } from '../forecast/grid-forecast';
import type { BusChange, PowerChange } from '../forecast/power-change';
import type { OperatedGrid } from '../grid-model/operated-grid';
import type { Flexibility } from './flexibility';
import { type ReliefRow, reliefModel, scopeRoomW } from './relief-model';
import { type Scope, type ScopeFamily, addScopes, holds, largestEffect, podIdsOf } from './scopes';
import {
  type GridLimit,
  type Violation,
  findViolations,
  quantityOf,
  violatedMtus,
  worseness,
} from './violations';

/** What the DSO needs of some PoDs. */
export interface FlexibilityNeed extends Omit<Scope, 'buses'> {
  /** PoDs that help, in the order of their codes. */
  readonly podIds: readonly string[];
  /** W by MTU. */
  readonly quantityW: readonly number[];
}

/** A violation and what can be done about it. */
export interface GridAlarm {
  readonly violation: Violation;
  /** PoDs that help, in the order of their codes. */
  readonly podIds: readonly string[];
  /**
   * By MTU, what is missing although all of them move: W at the best-placed bus, to first order. 0
   * = they suffice, null = no power on this grid moves the value.
   */
  readonly missingW: readonly (number | null)[];
}

/** Power is asked for in whole steps of this size. */
const STEP_W = 10;
/** Usually three are enough; what is violated after them is told as missing. */
const ROUNDS = 12;
/** From this round on quantities only grow, so that rounding cannot make them swing. */
const GROWS_FROM = 4;

/**
 * Sizes the needs of a forecast.
 *
 * @param sold what is bought already, on top of the forecast
 * @param flexibility what PoDs can still move
 */
export async function sizeNeeds(
  grid: OperatedGrid,
  forecast: GridForecast,
  sold: PowerChange,
  flexibility: Flexibility,
  solve: SolveMilp,
): Promise<{ readonly alarms: readonly GridAlarm[]; readonly needs: readonly FlexibilityNeed[] }> {
  const base = solveSeries(grid.compiled, loadingOf(grid, forecast, sold));
  const violations = findViolations(grid, base);
  const family: ScopeFamily = { grid, flexibility, scopes: [] };
  const sizing: Sizing = {
    family,
    forecast,
    sold,
    solve,
    limits: new Map(),
    helping: new Map(),
    quantityW: [],
    first: new Map(),
    frozen: new Set(base.failures.map(({ step }) => step)),
  };
  watch(sizing, violations);
  let series = base;
  for (let round = 0; round < ROUNDS && sizing.limits.size > 0; round += 1) {
    if (!(await improve(sizing, series, round))) break;
    series = solveChecked(sizing);
    watch(sizing, findViolations(grid, series));
  }
  return { alarms: alarmsOf(sizing, violations, series), needs: needsOf(sizing) };
}

interface Sizing {
  readonly family: ScopeFamily;
  readonly forecast: GridForecast;
  readonly sold: PowerChange;
  readonly solve: SolveMilp;
  /** Limits that were violated at any time, and in which MTUs, by `keyOf`. */
  readonly limits: Map<string, { readonly limit: GridLimit; readonly mtus: Set<number> }>;
  /** PoDs that help with each of them. */
  readonly helping: Map<string, Set<string>>;
  /** By scope of the family and MTU. */
  readonly quantityW: Float64Array[];
  /** Each limit and MTU as first seen, by both. */
  readonly first: Map<string, LinearisedLimit>;
  /** MTUs that stay as they are, because further on the power flow has no solution. */
  readonly frozen: Set<number>;
}

const keyOf = ({ elementType, elementId, kind }: GridLimit): string =>
  `${elementType}/${elementId}/${kind}`;

function watch(sizing: Sizing, violations: readonly Violation[]): void {
  for (const violation of violations) {
    if (violation.kind === 'noSolution') continue;
    const key = keyOf(violation);
    const watched = sizing.limits.get(key) ?? { limit: violation, mtus: new Set() };
    for (const mtu of violatedMtus(violation)) watched.mtus.add(mtu);
    sizing.limits.set(key, watched);
  }
}

/** Solves the program from where things stand. Returns whether any quantity changed. */
async function improve(sizing: Sizing, series: SeriesResult, round: number): Promise<boolean> {
  const { family, quantityW, frozen } = sizing;
  const moved = movedW(sizing);
  const now = linearised(sizing, moved).filter(({ mtu }) => !frozen.has(mtu));
  const rows = withFirst(sizing, now);
  makeScopes(sizing, now);
  while (quantityW.length < family.scopes.length) quantityW.push(new Float64Array(series.steps));
  const { model, columns } = reliefModel(
    family.scopes,
    family.flexibility,
    rows.filter(({ worsening }) => largestEffect(worsening) > 0),
  );
  if (columns.length === 0) return false;
  const { columnValue } = await sizing.solve(model);
  if (columnValue === null) return false;
  const wantedW = quantityW.map((column) => new Float64Array(column.length));
  columns.forEach(({ scope, mtu }, column) => {
    wantedW[scope]![mtu] = Math.ceil((columnValue[column]! * 1e3) / STEP_W - 1e-6) * STEP_W;
  });
  let isChanged = false;
  for (const mtu of new Set(rows.map((row) => row.mtu))) {
    for (const scope of smallestFirst(family.scopes)) {
      const mine = quantityW[scope]!;
      const leastW = round < GROWS_FROM ? 0 : mine[mtu]!;
      const roomW = scopeRoomW(family.scopes[scope]!, family.flexibility, mtu);
      const innerW = quantityW.reduce(
        (sum, column, other) => (holds(family.scopes, scope, other) ? sum + column[mtu]! : sum),
        0,
      );
      const next = Math.max(0, Math.min(Math.max(leastW, wantedW[scope]![mtu]!), roomW - innerW));
      if (next !== mine[mtu]) isChanged = true;
      mine[mtu] = next;
    }
  }
  return isChanged;
}

/** A watched limit in one MTU as the program sees it. */
interface LinearisedLimit extends ReliefRow {
  readonly key: string;
  /** How far the value is beyond its limit now; negative = within. */
  readonly excess: number;
}

/** Every watched limit in each of its MTUs, at the present quantities. */
function linearised(sizing: Sizing, moved: ReadonlyMap<number, Float64Array>): LinearisedLimit[] {
  const { family, forecast } = sizing;
  const loading = loadingOf(family.grid, forecast, withMoved(sizing, moved));
  const byMtu = new Map<number, string[]>();
  for (const [key, { mtus }] of sizing.limits) {
    for (const mtu of mtus) byMtu.set(mtu, [...(byMtu.get(mtu) ?? []), key]);
  }
  return [...byMtu].flatMap(([mtu, keys]) => {
    const limits = keys.map((key) => sizing.limits.get(key)!.limit);
    const quantities = limits.map(quantityOf);
    const answer = sensitivities(family.grid.compiled, quantities, { loading, step: mtu });
    if (!answer.converged) return [];
    return answer.sensitivities.map(({ value, perMw }, at): LinearisedLimit => {
      const sign = worseness(limits[at]!);
      const { unit } = quantities[at]!;
      const worsening = perMw.map((slope) => sign * unit * slope);
      const excess = sign * (value * unit - limits[at]!.limit);
      // Seen from here with straight lines, this much is needed of all scopes together.
      let needed = excess;
      for (const [bus, column] of moved) needed -= (worsening[bus]! * column[mtu]!) / 1e6;
      return { key: keys[at]!, mtu, worsening, excess, needed };
    });
  });
}

/**
 * Adds how each limit was first seen. Values bend upwards from a straight line, so that seen from
 * where other requests already relieve it, a limit seems to need less than it does without them.
 */
function withFirst({ first }: Sizing, now: readonly LinearisedLimit[]): readonly LinearisedLimit[] {
  return now.flatMap((row) => {
    const name = `${row.key}@${row.mtu}`;
    const before = first.get(name);
    if (!before) first.set(name, row);
    return before ? [row, before] : [row];
  });
}

/** Makes the scopes of limits that have none yet, from the MTUs in which each way of relief is needed most. */
function makeScopes({ family, limits, helping }: Sizing, rows: readonly LinearisedLimit[]): void {
  for (const [key, { limit }] of limits) {
    if (helping.has(key)) continue;
    const pods = new Set<string>();
    const own = rows.filter((row) => row.key === key).sort((a, b) => b.excess - a.excess);
    const isUpward = ({ worsening }: LinearisedLimit): boolean =>
      Math.max(...worsening) === largestEffect(worsening);
    for (const row of [own.find(isUpward), own.find((other) => !isUpward(other))]) {
      if (row) for (const podId of addScopes(family, limit, row.worsening)) pods.add(podId);
    }
    helping.set(key, pods);
  }
}

/** Solves with the present quantities; a MTU that they leave without a solution loses them. */
function solveChecked(sizing: Sizing): SeriesResult {
  const { family, forecast, quantityW, frozen } = sizing;
  const solveNow = (): SeriesResult =>
    solveSeries(
      family.grid.compiled,
      loadingOf(family.grid, forecast, withMoved(sizing, movedW(sizing))),
    );
  const series = solveNow();
  const lost = series.failures.map(({ step }) => step).filter((mtu) => !frozen.has(mtu));
  if (lost.length === 0) return series;
  for (const mtu of lost) {
    frozen.add(mtu);
    for (const column of quantityW) column[mtu] = 0;
  }
  return solveNow();
}

/** Change of withdrawal by bus and MTU when all scopes move: within one in proportion to what is left. */
function movedW({ family, quantityW, forecast }: Sizing): Map<number, Float64Array> {
  const { scopes, flexibility } = family;
  const { mtuCount } = forecast;
  const moved = new Map<number, Float64Array>();
  const left: Record<Direction, Map<number, Float64Array>> = { up: new Map(), down: new Map() };
  for (const scope of smallestFirst(scopes)) {
    const { direction, buses } = scopes[scope]!;
    const leftOf = buses.map((bus) => {
      let room = left[direction].get(bus);
      if (!room) {
        room = flexibility[direction].get(bus)!.roomW.slice();
        left[direction].set(bus, room);
      }
      return room;
    });
    for (let mtu = 0; mtu < mtuCount; mtu += 1) {
      const wantedW = quantityW[scope]?.[mtu] ?? 0;
      if (wantedW === 0) continue;
      const share = wantedW / leftOf.reduce((sum, room) => sum + room[mtu]!, 0);
      buses.forEach((bus, at) => {
        const partW = leftOf[at]![mtu]! * share;
        let column = moved.get(bus);
        if (!column) moved.set(bus, (column = new Float64Array(mtuCount)));
        column[mtu]! += direction === 'up' ? -partW : partW;
        leftOf[at]![mtu]! -= partW;
      });
    }
  }
  return moved;
}

function smallestFirst(scopes: readonly Scope[]): number[] {
  // Of two equal scopes the first holds the later, which therefore comes first here.
  return [...scopes.keys()].sort(
    (a, b) => scopes[a]!.buses.length - scopes[b]!.buses.length || b - a,
  );
}

/** What is sold, and what the quantities move. */
function withMoved(
  { sold, forecast }: Sizing,
  moved: ReadonlyMap<number, Float64Array>,
): PowerChange {
  const change = new Map<number, BusChange>(sold);
  for (const [bus, column] of moved) {
    const before = sold.get(bus);
    const w = before ? before.w.map((watts, mtu) => watts + column[mtu]!) : column;
    change.set(bus, { w, var: before?.var ?? new Float64Array(forecast.mtuCount) });
  }
  return change;
}

function alarmsOf(
  sizing: Sizing,
  violations: readonly Violation[],
  series: SeriesResult,
): GridAlarm[] {
  const left = new Map(
    findViolations(sizing.family.grid, series).map((violation) => [keyOf(violation), violation]),
  );
  const rows = left.size > 0 ? linearised(sizing, movedW(sizing)) : [];
  return violations.map((violation) => {
    const key = keyOf(violation);
    const still = left.get(key);
    const missingAt = (mtu: number): number | null => {
      if (violation.kind === 'noSolution') return violation.value[mtu]!;
      if (!still || Number.isNaN(still.value[mtu]!)) return 0;
      const row = rows.find((other) => other.key === key && other.mtu === mtu);
      const largest = row ? largestEffect(row.worsening) : 0;
      return largest === 0 ? null : Math.ceil(((row!.excess / largest) * 1e6) / STEP_W) * STEP_W;
    };
    const missingW = Array.from(violation.value, (value, mtu) =>
      Number.isNaN(value) ? 0 : missingAt(mtu),
    );
    return { violation, podIds: [...(sizing.helping.get(key) ?? [])].sort(), missingW };
  });
}

function needsOf({ family, quantityW }: Sizing): FlexibilityNeed[] {
  return family.scopes.flatMap((scope, index) => {
    const column = quantityW[index];
    if (!column?.some((watts) => watts > 0)) return [];
    const { elementType, elementId, voltageLevel, direction } = scope;
    const podIds = podIdsOf(family, scope);
    return [
      { elementType, elementId, voltageLevel, direction, podIds, quantityW: Array.from(column) },
    ];
  });
}
