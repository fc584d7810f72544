/**
 * From violations to requests (FR_DTP_ROF_3): the least power that has to move, and which PoDs can
 * move it, to bring every element back into its limits. A linear program on the sensitivities of
 * the power flow proposes, the AC power flow tries out the best and the worst that a market may make
 * of it, and where a limit is left the program is solved again with what was seen there. A limit
 * that stays violated then needs more than its PoDs have.
 */
import type { GridPoint, Product, SolveMilp } from '@flexledger/domain';
import { solveSeries } from '@flexledger/grid';
import {
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  gridPointsOf,
  loadingOf,
} from '@flexledger/grid-operations';
import type { Flexibility } from './flexibility';
import { EXPECTED_PRICES, type ExpectedPrices, reliefModel } from './relief-model';
import {
  type Scope,
  type ScopeFamily,
  addBusScopes,
  addScopes,
  holds,
  largestEffect,
  podIdsOf,
  roomOf,
  scopeRoom,
  smallestFirst,
} from './scopes';
import { type LinearisedLimit, type ServedGrid, createServedGrid, keyOf } from './served-grid';
import { type Served, type ServingOrder, serve } from './serving';
import { type Excess, type Violation, findViolations, violatedMtus } from './violations';

/** What the DSO needs of some PoDs. */
export interface FlexibilityNeed extends Omit<Scope, 'buses' | 'isRefinement'> {
  /** PoDs that help, in the order of their codes. */
  readonly podIds: readonly string[];
  /** The lowest points of the grid that all of them are below; undefined where there is none. */
  readonly gridPoint: GridPoint | undefined;
  /** W, var for product Q, by MTU. */
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
  /** By MTU, W and var that all of them can move together the way that helps. */
  readonly helpW: readonly number[];
  readonly helpVar: readonly number[];
}

/** Who solves the program, and by which prices. */
export interface ReliefProgram {
  readonly solve: SolveMilp;
  /** By them the cheaper of two ways to mend a voltage is asked for; absent = `EXPECTED_PRICES`. */
  readonly prices?: ExpectedPrices;
}

/** Power is asked for in whole steps of this size. */
const STEP_W = 10;
/** Usually three are enough; what is violated after them is told as missing. */
const ROUNDS = 20;
/** Requests to single buses stand where they leave less than this part of what is missing without. */
const WORTH_SPLITTING = 0.95;
/** What the program leaves out below this, kW, is its own tolerance. */
const MISSING_KW = 1e-6;

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
  { solve, prices = EXPECTED_PRICES }: ReliefProgram,
): Promise<{ readonly alarms: readonly GridAlarm[]; readonly needs: readonly FlexibilityNeed[] }> {
  const base = solveSeries(grid.compiled, loadingOf(grid, forecast, sold));
  const violations = findViolations(grid, base);
  const sizing: Sizing = {
    family: { grid, flexibility, scopes: [] },
    servedGrid: createServedGrid(grid, forecast, sold),
    solve,
    prices,
    helping: new Map(),
    quantity: [],
    mtus: new Map(),
  };
  lookAt(sizing, violations);
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = [...sizing.mtus.values()].filter(({ isOpen }) => isOpen);
    if (open.length === 0) break;
    await improve(sizing, open, forecast.mtuCount);
  }
  for (const state of sizing.mtus.values()) if (state.isOpen) conclude(sizing, state);
  return { alarms: alarmsOf(sizing, violations), needs: needsOf(sizing) };
}

interface Sizing {
  readonly family: ScopeFamily;
  readonly servedGrid: ServedGrid;
  readonly solve: SolveMilp;
  readonly prices: ExpectedPrices;
  /** By limit, the PoDs that help with it; it has scopes once it is listed. */
  readonly helping: Map<string, Set<string>>;
  /** W (var) by scope of the family and MTU. */
  readonly quantity: Float64Array[];
  readonly mtus: ReadonlyMap<number, MtuSizing>;
}

interface MtuSizing {
  readonly mtu: number;
  /** Where the limits that the forecast violates stand in it. */
  readonly forecast: readonly LinearisedLimit[];
  /** All lines drawn at the limits that were violated at any time. */
  readonly cuts: LinearisedLimit[];
  /** The answer without scopes of single buses; they are in the program once it is there. */
  coarse?: {
    readonly left: readonly LinearisedLimit[];
    readonly quantity: readonly number[];
    /** Nothing more was to be had without them. */
    readonly isFinal: boolean;
  };
  /** How often the answer stayed the same: more is then asked for than the straight lines say. */
  stalls: number;
  /** There may be a better answer. */
  isOpen: boolean;
  /** Limits still violated at the present quantities, each where it is worst. */
  left: readonly LinearisedLimit[];
}

/** Takes up the MTUs with violations, with the sensitivities of their forecast. */
function lookAt({ family, servedGrid, mtus }: Sizing, violations: readonly Violation[]): void {
  const limits = violations.filter(({ kind }) => kind !== 'noSolution');
  const list = [...new Set(limits.flatMap(violatedMtus))].sort((a, b) => a - b);
  const nothing = nothingServed(family);
  for (const mtu of list) {
    const violated = limits.filter(({ value }) => !Number.isNaN(value[mtu]!));
    const cuts = servedGrid.cutsAt(mtu, nothing, violated);
    if (cuts === undefined) continue;
    const state = {
      mtu,
      cuts: [...cuts],
      stalls: 0,
      isOpen: true,
      left: cuts,
      forecast: cuts,
    };
    (mtus as Map<number, MtuSizing>).set(mtu, state);
  }
}

/** Solves the program for the open MTUs and tries its answer out. */
async function improve(
  sizing: Sizing,
  open: readonly MtuSizing[],
  mtuCount: number,
): Promise<void> {
  const { family, quantity } = sizing;
  makeScopes(sizing, open);
  while (quantity.length < family.scopes.length) quantity.push(new Float64Array(mtuCount));
  const { model, columns, missing } = reliefModel(
    family.scopes,
    family.flexibility,
    open.map(({ mtu, cuts, coarse }) => ({ mtu, cuts, withBuses: coarse !== undefined })),
    sizing.prices,
  );
  const answer = columns.length > 0 ? await sizing.solve(model) : undefined;
  const columnValue = answer?.columnValue ?? new Float64Array(columns.length + missing.length);
  const isChanged = take(sizing, open, columns, columnValue);
  const short = new Set<string>();
  missing.forEach(({ key, mtu }, at) => {
    if (!answer?.columnValue || columnValue[columns.length + at]! > MISSING_KW) {
      short.add(`${key}@${mtu}`);
    }
  });
  for (const state of open) {
    const { mtu } = state;
    const left = tryOut(sizing, state);
    if (left === undefined) {
      for (const column of quantity) column[mtu] = 0;
      state.isOpen = false;
      state.left = state.forecast;
      continue;
    }
    state.left = left;
    const isShort = ({ key }: LinearisedLimit): boolean => short.has(`${key}@${mtu}`);
    if (!isChanged.has(mtu)) state.stalls += 1;
    for (const line of left) {
      const step = (largestEffect(line.worsening) * STEP_W) / 1e6;
      const more = isShort(line) ? 0 : state.stalls * (line.excess + step);
      state.cuts.push({ ...line, needed: line.needed + more });
    }
    const isFinal = left.every(isShort) && (left.length === 0 || !isChanged.has(mtu));
    const isStuck = left.some(isShort) && !isChanged.has(mtu);
    if (isStuck && state.coarse === undefined) refine(sizing, state, isFinal);
    else if (isFinal) conclude(sizing, state);
  }
}

/** Makes the scopes of limits that have none yet, from the MTUs in which each way of relief is needed most. */
function makeScopes({ family, helping }: Sizing, open: readonly MtuSizing[]): void {
  const lines = open.flatMap(({ cuts }) => cuts).filter(({ key }) => !helping.has(key));
  for (const key of new Set(lines.map((line) => line.key))) {
    const pods = new Set<string>();
    const own = lines
      .filter((line) => line.key === key)
      .sort((one, other) => other.excess - one.excess);
    const isUpward = ({ worsening }: LinearisedLimit): boolean =>
      Math.max(...worsening.P) === largestEffect(worsening);
    for (const line of [own.find(isUpward), own.find((other) => !isUpward(other))]) {
      if (!line) continue;
      for (const podId of addScopes(family, line.limit, line.worsening)) pods.add(podId);
    }
    helping.set(key, pods);
  }
}

/** Gives a MTU the choice of single buses, as no choice of larger scopes keeps all its limits. */
function refine({ family, helping, quantity }: Sizing, state: MtuSizing, isFinal: boolean): void {
  const { left, mtu } = state;
  state.coarse = { left, quantity: quantity.map((column) => column[mtu]!), isFinal };
  for (const { key, limit, worsening } of state.cuts) {
    const pods = helping.get(key) ?? new Set();
    for (const podId of addBusScopes(family, limit, worsening)) pods.add(podId);
    helping.set(key, pods);
  }
}

/** Closes a MTU. Single buses that end nothing and bring little are not asked one by one. */
function conclude({ quantity }: Sizing, state: MtuSizing): void {
  const { coarse, mtu, left } = state;
  state.isOpen = false;
  const ends = (one: LinearisedLimit): boolean => left.every(({ key }) => key !== one.key);
  if (!coarse?.isFinal || coarse.left.some(ends)) return;
  if (shortfallMw(left) < WORTH_SPLITTING * shortfallMw(coarse.left)) return;
  quantity.forEach((column, scope) => (column[mtu] = coarse.quantity[scope] ?? 0));
  state.left = coarse.left;
}

/** What is missing at the best-placed bus of each limit, all together. */
function shortfallMw(left: readonly LinearisedLimit[]): number {
  return left.reduce((sum, { excess, worsening }) => {
    const largest = largestEffect(worsening);
    return largest === 0 ? sum : sum + excess / largest;
  }, 0);
}

/** Takes the program's answer over in whole steps. Returns the MTUs in which anything changed. */
function take(
  { family, quantity }: Sizing,
  open: readonly MtuSizing[],
  columns: readonly { readonly scope: number; readonly mtu: number }[],
  columnValue: Float64Array,
): Set<number> {
  const { scopes, flexibility } = family;
  const wanted = new Map<string, number>();
  columns.forEach(({ scope, mtu }, at) => {
    const steps = Math.ceil((columnValue[at]! * 1e3) / STEP_W - 1e-6);
    wanted.set(`${scope}@${mtu}`, steps * STEP_W);
  });
  const changed = new Set<number>();
  const order = smallestFirst(scopes);
  const insideOf = scopes.map((_, outer) =>
    [...scopes.keys()].filter((inner) => holds(scopes, outer, inner)),
  );
  for (const { mtu } of open) {
    for (const scope of order) {
      const inside = insideOf[scope]!.reduce((sum, inner) => sum + quantity[inner]![mtu]!, 0);
      const room = scopeRoom(scopes[scope]!, flexibility, mtu) - inside;
      const next = Math.max(0, Math.min(wanted.get(`${scope}@${mtu}`) ?? 0, room));
      if (next !== quantity[scope]![mtu]) changed.add(mtu);
      quantity[scope]![mtu] = next;
    }
  }
  return changed;
}

/**
 * Solves the MTU as the market may make it: all PoDs of a scope serving alike, and those first that
 * do least, or most, about each limit.
 *
 * @returns the limits left, each where it is worst; undefined where one way has no solution
 */
function tryOut(sizing: Sizing, { mtu, cuts }: MtuSizing): LinearisedLimit[] | undefined {
  const { family, quantity, servedGrid } = sizing;
  const last = new Map(cuts.map((cut) => [cut.key, cut.worsening]));
  const orders: ServingOrder[] = ['alike'];
  for (const worsening of last.values()) {
    orders.push({ worsening, sign: 1 }, { worsening, sign: -1 });
  }
  const worst = new Map<string, Excess & { readonly served: Served }>();
  const seen = new Set<string>();
  for (const order of orders) {
    const served = serve(family, mtu, (scope) => quantity[scope]?.[mtu] ?? 0, order);
    const name = `${served.P.join()};${served.Q.join()}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const violated = servedGrid.violated(mtu, served);
    if (violated === undefined) return undefined;
    for (const { limit, excess } of violated) {
      const key = keyOf(limit);
      if (excess > (worst.get(key)?.excess ?? 0)) worst.set(key, { limit, excess, served });
    }
  }
  const lines: LinearisedLimit[] = [];
  for (const served of new Set([...worst.values()].map((found) => found.served))) {
    const limits = [...worst.values()].filter((found) => found.served === served);
    const drawn = servedGrid.cutsAt(
      mtu,
      served,
      limits.map(({ limit }) => limit),
    );
    if (drawn === undefined) return undefined;
    lines.push(...drawn);
  }
  return lines;
}

function nothingServed({ grid }: ScopeFamily): Served {
  const { length } = grid.compiled.network.buses;
  return { P: new Float64Array(length), Q: new Float64Array(length) };
}

function alarmsOf(sizing: Sizing, violations: readonly Violation[]): GridAlarm[] {
  const { family, mtus, helping } = sizing;
  return violations.map((violation) => {
    const key = keyOf(violation);
    const missingAt = (mtu: number): number | null => {
      if (violation.kind === 'noSolution') return violation.value[mtu]!;
      const state = mtus.get(mtu);
      if (!state) return null;
      const line = state.left.find((other) => other.key === key);
      if (!line) return 0;
      const largest = largestEffect(line.worsening);
      return largest === 0 ? null : Math.ceil(((line.excess / largest) * 1e6) / STEP_W) * STEP_W;
    };
    const missingW = Array.from(violation.value, (value, mtu) =>
      Number.isNaN(value) ? 0 : missingAt(mtu),
    );
    const pods = helping.get(key) ?? new Set<string>();
    const helpOf = (product: Product): number[] =>
      Array.from(violation.value, (_, mtu) => {
        const line = mtus.get(mtu)?.forecast.find((other) => other.key === key);
        return line ? Math.floor(roomOf(family, product, line.worsening, pods, mtu)) : 0;
      });
    return {
      violation,
      podIds: [...pods].sort(),
      missingW,
      helpW: helpOf('P'),
      helpVar: helpOf('Q'),
    };
  });
}

function needsOf({ family, quantity }: Sizing): FlexibilityNeed[] {
  const pointOf = gridPointsOf(family.grid);
  return family.scopes.flatMap((scope, index) => {
    const column = quantity[index];
    if (!column?.some((watts) => watts > 0)) return [];
    const { elementType, elementId, voltageLevel, product, direction } = scope;
    const element = { elementType, elementId, voltageLevel, product, direction };
    const podIds = podIdsOf(family, scope);
    const gridPoint = pointOf(scope.buses);
    return [{ ...element, podIds, gridPoint, quantityW: Array.from(column) }];
  });
}
