/**
 * Whom a violated limit can be relieved by: sets of PoDs that one request can name. Scopes of a
 * direction never overlap in part (each two are apart, or one holds the other), on meshed grids
 * too, because the market clears nested scopes fast.
 */
import type { Direction, ElementType, Product, VoltageLevel } from '@flexledger/domain';
import { subtreesAbove } from '@flexledger/grid';
import type { OperatedGrid } from '@flexledger/grid-operations';
import type { Flexibility } from './flexibility';
import { type GridLimit, quantityOf, voltageLevelOf } from './violations';

export interface Scope {
  /** The element it was made for. */
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly voltageLevel: VoltageLevel;
  readonly product: Product;
  readonly direction: Direction;
  /** Buses with PoDs that can move so, ascending. */
  readonly buses: readonly number[];
  /** One bus, for MTUs in which larger scopes do not do. */
  readonly isRefinement: boolean;
}

/** What a scope's PoDs move, and which way. */
export type Lever = Pick<Scope, 'product' | 'direction'>;

/** By product and bus: how much worse a limited value gets for each MW (Mvar) more withdrawn. */
export type Worsening = Readonly<Record<Product, Float64Array>>;

const LEVERS: readonly Lever[] = (['P', 'Q'] as const).flatMap((product) =>
  (['up', 'down'] as const).map((direction) => ({ product, direction })),
);

/**
 * PoDs are grouped by how well they help: those with at least this part of the best bus's effect,
 * the next best around them, and so on. Less than the last is no help.
 */
const EFFECT_SHARES = [0.75, 0.4, 0.1];
/** What counts for less of the best bus's effect than this, for every limit, is left out. */
const EFFECT_MIN = 0.05;
/** Where larger scopes do not do, a bus of so small an effect is asked rather than nobody. */
const BUS_EFFECT_MIN = 0.001;

/** The scopes of a session's violations so far, in the order in which they were made. */
export interface ScopeFamily {
  readonly grid: OperatedGrid;
  readonly flexibility: Flexibility;
  readonly scopes: Scope[];
}

/**
 * Adds the scopes that relieve a limit.
 *
 * @returns the PoDs that help
 */
export function addScopes(
  family: ScopeFamily,
  limit: GridLimit,
  worsening: Worsening,
): Set<string> {
  const helping = new Set<string>();
  if (largestEffect(worsening) === 0) return helping;
  const subtrees = subtreesAbove(family.grid.compiled, quantityOf(limit));
  for (const lever of LEVERS) {
    const rooms = family.flexibility[lever.product][lever.direction];
    if (rooms.size === 0) continue;
    const largest = largestOf(worsening[lever.product]);
    if (largest === 0) continue;
    for (const share of EFFECT_SHARES) {
      const helps = (bus: number): boolean => effectOf(worsening, lever, bus) >= share * largest;
      const buses = subtrees
        ? (subtrees.findLast(({ root }) => helps(root))?.buses ?? [])
        : [...rooms.keys()].filter(helps).sort((a, b) => a - b);
      const flexible = buses.filter((bus) => rooms.has(bus));
      for (const bus of flexible) for (const id of rooms.get(bus)!.podIds) helping.add(id);
      insert(family, limit, lever, flexible, false);
    }
  }
  return helping;
}

/**
 * Adds each bus that has any effect on a limit as a scope of its own, for limits that no choice of
 * larger ones can keep whoever serves them.
 *
 * @returns the PoDs at these buses that help
 */
export function addBusScopes(
  family: ScopeFamily,
  limit: GridLimit,
  worsening: Worsening,
): Set<string> {
  const helping = new Set<string>();
  for (const lever of LEVERS) {
    const least = BUS_EFFECT_MIN * largestOf(worsening[lever.product]);
    for (const [bus, { podIds }] of family.flexibility[lever.product][lever.direction]) {
      const effect = effectOf(worsening, lever, bus);
      if (Math.abs(effect) <= least) continue;
      insert(family, limit, lever, [bus], true);
      if (effect > 0) for (const podId of podIds) helping.add(podId);
    }
  }
  return helping;
}

/** Whether an effect on a limit is enough for a scope to count. */
export const isHelp = (scope: Scope, effect: number, worsening: Worsening): boolean =>
  effect > (scope.isRefinement ? BUS_EFFECT_MIN : EFFECT_MIN) * largestOf(worsening[scope.product]);

/** How much better a limited value gets for each MW or Mvar moved so at a bus. */
export const effectOf = (
  worsening: Worsening,
  { product, direction }: Lever,
  bus: number,
): number => (direction === 'up' ? worsening[product][bus]! : -worsening[product][bus]!);

/** The effect of the bus best placed for active power (for reactive where none has any). */
export const largestEffect = ({ P, Q }: Worsening): number => largestOf(P) || largestOf(Q);

const largestOf = (slopes: Float64Array): number =>
  slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);

/** W, var for product Q, that a scope's PoDs can move in a MTU, all together. */
export function scopeRoom(
  { product, direction, buses }: Scope,
  flexibility: Flexibility,
  mtu: number,
): number {
  const rooms = flexibility[product][direction];
  return buses.reduce((sum, bus) => sum + rooms.get(bus)!.room[mtu]!, 0);
}

/** W, var for product Q, that PoDs can move in a MTU the ways that help with a limit, all together. */
export function roomOf(
  { flexibility }: ScopeFamily,
  product: Product,
  worsening: Worsening,
  podIds: ReadonlySet<string>,
  mtu: number,
): number {
  let sum = 0;
  for (const direction of ['up', 'down'] as const) {
    for (const [bus, { podIds: here, room }] of flexibility[product][direction]) {
      if (effectOf(worsening, { product, direction }, bus) <= 0) continue;
      if (here.some((podId) => podIds.has(podId))) sum += room[mtu]!;
    }
  }
  return sum;
}

/** PoDs of a scope in the order of their codes. */
export function podIdsOf({ flexibility }: ScopeFamily, scope: Scope): string[] {
  const rooms = flexibility[scope.product][scope.direction];
  return scope.buses.flatMap((bus) => rooms.get(bus)!.podIds).sort();
}

/** Inserts a set; what overlaps another in part is split off, as a scope inside that one. */
function insert(
  family: ScopeFamily,
  limit: GridLimit,
  lever: Lever,
  buses: readonly number[],
  isRefinement: boolean,
): void {
  const { elementType, elementId } = limit;
  const voltageLevel = voltageLevelOf(family.grid, limit);
  let rest = buses;
  for (const other of family.scopes.slice()) {
    if (!isAlike(other, lever)) continue;
    const shared = new Set(other.buses);
    const common = rest.filter((bus) => shared.has(bus));
    const isNested = common.length === rest.length || common.length === other.buses.length;
    if (common.length === 0 || isNested) continue;
    insert(family, limit, lever, common, isRefinement);
    rest = rest.filter((bus) => !shared.has(bus));
  }
  const isKnown = family.scopes.some(
    (other) =>
      isAlike(other, lever) &&
      (isRefinement || !other.isRefinement) &&
      other.voltageLevel === voltageLevel &&
      other.buses.length === rest.length &&
      other.buses.every((bus, index) => bus === rest[index]),
  );
  if (rest.length === 0 || isKnown) return;
  const element = { elementType, elementId, voltageLevel };
  family.scopes.push({ ...element, ...lever, buses: rest, isRefinement });
}

const isAlike = (one: Lever, other: Lever): boolean =>
  one.product === other.product && one.direction === other.direction;

/** Numbers of the scopes, those inside others before them. */
export function smallestFirst(scopes: readonly Scope[]): number[] {
  // Of two equal scopes the first holds the later, which therefore comes first here.
  return [...scopes.keys()].sort(
    (a, b) => scopes[a]!.buses.length - scopes[b]!.buses.length || b - a,
  );
}

/** Whether `outer` holds `inner`; of two equal ones the first holds the later. */
export function holds(scopes: readonly Scope[], outer: number, inner: number): boolean {
  const [one, other] = [scopes[outer]!, scopes[inner]!];
  if (outer === inner || !isAlike(one, other)) return false;
  if (one.buses.length === other.buses.length) {
    return outer < inner && one.buses[0] === other.buses[0];
  }
  return one.buses.length > other.buses.length && one.buses.includes(other.buses[0]!);
}
