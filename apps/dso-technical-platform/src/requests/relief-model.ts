/**
 * The least flexibility that relieves violated limits, to first order: a linear program over the
 * quantities of the scopes, one block a MTU. It counts on the least helpful PoD of a scope only, and
 * fears the most harmful one, so that the answer holds whoever the market takes.
 */
import type { MilpModel, Product } from '@flexledger/domain';
import type { Flexibility } from './flexibility';
import {
  type Scope,
  type Worsening,
  effectOf,
  holds,
  isHelp,
  largestEffect,
  scopeRoom,
} from './scopes';

/**
 * A straight line under (or at) a limited value, drawn from one solution of the power flow. Lines
 * under a value that bends upwards hold everywhere, so that all that were drawn are kept (Kelley,
 * The cutting-plane method for solving convex programs, 1960).
 */
export interface Cut {
  /** Which limit. */
  readonly key: string;
  readonly worsening: Worsening;
  /** A limit of a voltage, not of a current. */
  readonly isVoltage: boolean;
  /** How much better the value must get by all scopes together; negative = so much room. */
  readonly needed: number;
}

/** One MTU's part of the program. */
export interface ReliefBlock {
  readonly mtu: number;
  /** Scopes of one bus count only where larger ones did not do. */
  readonly withBuses: boolean;
  readonly cuts: readonly Cut[];
}

/** What the model's columns stand for. */
export interface ReliefModel {
  readonly model: MilpModel;
  /** Scope and MTU of each of the first columns; W (var) is 1,000 times the column. */
  readonly columns: readonly { readonly scope: number; readonly mtu: number }[];
  /** Limit and MTU of each column after them: what no scope can give. */
  readonly missing: readonly { readonly key: string; readonly mtu: number }[];
}

/**
 * What a kWh and a kvarh are expected to cost, on a scale of its own: of two ways to mend a voltage the one
 * that the sensitivities make cheaper is asked for.
 */
export type ExpectedPrices = Readonly<Record<Product, number>>;
/** By which a kvarh counts for more than a kWh against a current: congestions are for active power first. */
const REACTIVE_FOR_CURRENT = 10;
/** A kvarh costs its inverter's losses, a kWh somebody's energy: a quarter of it. */
export const EXPECTED_PRICES: ExpectedPrices = { P: 1, Q: 0.25 };
/** What more PoDs can serve is cheaper: a scope costs so much more for each one around it. */
const COST_PER_DEPTH = 0.05;
/** Cost of what no scope can give, above anything that one can. */
const MISSING_COST = 100_000;
const TIME_LIMIT_SECONDS = 30;

export function reliefModel(
  scopes: readonly Scope[],
  flexibility: Flexibility,
  blocks: readonly ReliefBlock[],
  prices: ExpectedPrices,
): ReliefModel {
  const builder: Builder = { columns: [], upper: [], cost: [], rows: [], missing: [] };
  const depth = scopes.map((_, inner) => scopes.filter((_, at) => holds(scopes, at, inner)).length);
  for (const { mtu, withBuses, cuts } of blocks) {
    const columnOf = new Map<number, number>();
    const effectsOf = new Map<number, number[]>();
    scopes.forEach((scope, index) => {
      if (scope.isRefinement && !withBuses) return;
      const effects = cuts.map((cut) => scopeEffect(scope, flexibility, cut, mtu));
      if (!cuts.some(({ worsening }, at) => isHelp(scope, effects[at]!, worsening))) return;
      effectsOf.set(index, effects);
      columnOf.set(index, builder.columns.length);
      builder.columns.push({ scope: index, mtu });
      builder.upper.push(scopeRoom(scope, flexibility, mtu) / 1e3);
      const price = priceOf(scope, prices, cuts, effects);
      builder.cost.push(price * (1 + COST_PER_DEPTH * depth[index]!));
    });
    addCapacityRows(builder, scopes, columnOf);
    const missingOf = new Map<string, number>();
    cuts.forEach(({ key, worsening, needed }, at) => {
      const largest = largestEffect(worsening);
      if (largest === 0) return;
      let missing = missingOf.get(key);
      if (missing === undefined) {
        missingOf.set(key, (missing = builder.missing.length));
        builder.missing.push({ key, mtu });
      }
      const entries = [...columnOf].map(
        ([scope, column]) => [column, effectsOf.get(scope)![at]! / largest] as const,
      );
      builder.rows.push({ entries, lower: (needed / largest) * 1e3, upper: Infinity, missing });
    });
  }
  return { model: milpOf(builder), columns: builder.columns, missing: builder.missing };
}

/** What a scope's product is expected to cost where it has so much effect on each cut. */
function priceOf(
  scope: Scope,
  prices: ExpectedPrices,
  cuts: readonly Cut[],
  effects: readonly number[],
): number {
  const { product } = scope;
  const isForVoltage = cuts.some(
    ({ worsening, isVoltage }, at) => isVoltage && isHelp(scope, effects[at]!, worsening),
  );
  return product === 'P' || isForVoltage ? prices[product] : prices.P * REACTIVE_FOR_CURRENT;
}

interface Builder {
  readonly columns: { scope: number; mtu: number }[];
  readonly upper: number[];
  readonly cost: number[];
  readonly rows: {
    readonly entries: readonly (readonly [number, number])[];
    readonly lower: number;
    readonly upper: number;
    /** Number of the column that fills up what no scope can give; undefined = nothing may. */
    readonly missing?: number;
  }[];
  readonly missing: { key: string; mtu: number }[];
}

/** What a scope counts for with a limit: the effect of its least helpful (or most harmful) PoD. */
function scopeEffect(
  scope: Scope,
  flexibility: Flexibility,
  { worsening }: Cut,
  mtu: number,
): number {
  const rooms = flexibility[scope.product][scope.direction];
  let least = Infinity;
  for (const bus of scope.buses) {
    if (rooms.get(bus)!.room[mtu] === 0) continue;
    least = Math.min(least, effectOf(worsening, scope, bus));
  }
  return least === Infinity ? 0 : least;
}

/** A scope and all those inside it cannot be given more than its PoDs have. */
function addCapacityRows(
  builder: Builder,
  scopes: readonly Scope[],
  columnOf: ReadonlyMap<number, number>,
): void {
  for (const [outer, column] of columnOf) {
    const inner = [...columnOf].filter(([scope]) => holds(scopes, outer, scope));
    if (inner.length === 0) continue;
    const entries = [column, ...inner.map(([, at]) => at)].map((at) => [at, 1] as const);
    builder.rows.push({ entries, lower: -Infinity, upper: builder.upper[column]! });
  }
}

function milpOf({ columns, upper, cost, rows, missing }: Builder): MilpModel {
  const count = columns.length + missing.length;
  const rowStart = [0];
  const rowColumn: number[] = [];
  const rowValue: number[] = [];
  for (const row of rows) {
    const entries = row.entries.filter(([, value]) => value !== 0);
    for (const [column, value] of entries) {
      rowColumn.push(column);
      rowValue.push(value);
    }
    if (row.missing !== undefined) {
      rowColumn.push(columns.length + row.missing);
      rowValue.push(1);
    }
    rowStart.push(rowColumn.length);
  }
  const fill = (value: number): number[] => new Array<number>(missing.length).fill(value);
  return {
    columnLower: new Float64Array(count),
    columnUpper: Float64Array.from([...upper, ...fill(Infinity)]),
    isInteger: new Uint8Array(count),
    rowLower: Float64Array.from(rows, (row) => row.lower),
    rowUpper: Float64Array.from(rows, (row) => row.upper),
    rowStart: Int32Array.from(rowStart),
    rowColumn: Int32Array.from(rowColumn),
    rowValue: Float64Array.from(rowValue),
    objectives: [Float64Array.from([...cost, ...fill(MISSING_COST)])],
    start: { columns: new Int32Array(0), values: new Float64Array(0) },
    limits: { timeLimitSeconds: TIME_LIMIT_SECONDS, nodeLimit: null },
  };
}
