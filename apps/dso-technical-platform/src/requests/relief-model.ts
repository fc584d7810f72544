/**
 * The least flexibility that relieves violated limits, to first order: a linear program over the
 * quantities of the scopes, one block a MTU. It counts on the least helpful PoD of a scope only, so
 * that the answer holds, to first order, whoever the market takes.
 */
import type { MilpModel } from '@flexledger/domain';
import type { Flexibility } from './flexibility';
import { type Scope, effectOf, holds, largestEffect } from './scopes';

/** A limit in one MTU, seen from the present solution of the power flow. */
export interface ReliefRow {
  readonly mtu: number;
  /** By bus: how much worse the value gets for each MW more withdrawn. */
  readonly worsening: Float64Array;
  /** How much better the value must get by all scopes together; negative = so much room. */
  readonly needed: number;
}

/** What the model's columns stand for. */
export interface ReliefModel {
  readonly model: MilpModel;
  /** Scope and MTU of each of the first columns; W is 1,000 times the column. */
  readonly columns: readonly { readonly scope: number; readonly mtu: number }[];
}

/** A scope that counts for less of the best bus's effect than this, for every limit, is left out. */
const EFFECT_MIN = 0.05;
/** What more PoDs can serve is cheaper: a scope costs so much more for each one around it. */
const COST_PER_DEPTH = 0.05;
/** Cost of what no scope can give, above anything that one can. */
const MISSING_COST = 1_000;
const TIME_LIMIT_SECONDS = 30;

export function reliefModel(
  scopes: readonly Scope[],
  flexibility: Flexibility,
  rows: readonly ReliefRow[],
): ReliefModel {
  const builder: Builder = { columns: [], upper: [], cost: [], rows: [], missing: 0 };
  const depth = scopes.map((_, inner) => scopes.filter((_, at) => holds(scopes, at, inner)).length);
  for (const mtu of new Set(rows.map((row) => row.mtu))) {
    const block = rows.filter((row) => row.mtu === mtu);
    const effects = scopes.map((scope) => block.map((row) => scopeEffect(scope, flexibility, row)));
    const columnOf = new Map<number, number>();
    scopes.forEach((scope, index) => {
      if (effects[index]!.every((effect) => effect <= EFFECT_MIN)) return;
      columnOf.set(index, builder.columns.length);
      builder.columns.push({ scope: index, mtu });
      builder.upper.push(scopeRoomW(scope, flexibility, mtu) / 1e3);
      builder.cost.push(1 + COST_PER_DEPTH * depth[index]!);
    });
    addCapacityRows(builder, scopes, columnOf);
    block.forEach((row, at) => {
      const lower = (row.needed / largestEffect(row.worsening)) * 1e3;
      const missing = builder.missing++;
      const entries = [...columnOf].map(
        ([scope, column]) => [column, effects[scope]![at]!] as const,
      );
      builder.rows.push({ entries, lower, upper: Infinity, missing });
    });
  }
  return { model: milpOf(builder), columns: builder.columns };
}

/** W that a scope's PoDs can move in a MTU, all together. */
export function scopeRoomW(scope: Scope, flexibility: Flexibility, mtu: number): number {
  const rooms = flexibility[scope.direction];
  return scope.buses.reduce((sum, bus) => sum + rooms.get(bus)!.roomW[mtu]!, 0);
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
  missing: number;
}

/**
 * What a scope counts for with a limit, as a part of the best-placed bus's effect: that of its least
 * helpful PoD. Where that one does harm, the mean harm if any: an outcome that has too much of it is
 * stopped by its validation.
 */
function scopeEffect(scope: Scope, flexibility: Flexibility, row: ReliefRow): number {
  const rooms = flexibility[scope.direction];
  let least = Infinity;
  let sum = 0;
  let sumW = 0;
  for (const bus of scope.buses) {
    const watts = rooms.get(bus)!.roomW[row.mtu]!;
    if (watts === 0) continue;
    const effect = effectOf(row.worsening, scope.direction, bus);
    least = Math.min(least, effect);
    sum += watts * effect;
    sumW += watts;
  }
  if (sumW === 0) return 0;
  return Math.max(least, Math.min(0, sum / sumW)) / largestEffect(row.worsening);
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
  const count = columns.length + missing;
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
  const fill = (value: number): number[] => new Array<number>(missing).fill(value);
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
