/**
 * Whom a violated limit can be relieved by: sets of PoDs that one request can name. Scopes of a
 * direction never overlap in part (each two are apart, or one holds the other), on meshed grids
 * too, because the market clears nested scopes fast.
 */
import type { Direction, ElementType, VoltageLevel } from '@flexledger/domain';
import { subtreesAbove } from '@flexledger/grid';
import type { OperatedGrid } from '../grid-model/operated-grid';
import type { Flexibility } from './flexibility';
import { type GridLimit, quantityOf, voltageLevelOf } from './violations';

export interface Scope {
  /** The element it was made for. */
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly voltageLevel: VoltageLevel;
  readonly direction: Direction;
  /** Buses with PoDs that can move in this direction, ascending. */
  readonly buses: readonly number[];
}

/**
 * PoDs are grouped by how well they help: those with at least this part of the best bus's effect,
 * the next best around them, and so on. Less than the last is no help.
 */
const EFFECT_SHARES = [0.75, 0.4, 0.1];

/** The scopes of a session's violations so far, in the order in which they were made. */
export interface ScopeFamily {
  readonly grid: OperatedGrid;
  readonly flexibility: Flexibility;
  readonly scopes: Scope[];
}

/**
 * Adds the scopes that relieve a limit.
 *
 * @param worsening by bus: how much worse the limited value gets for each MW more withdrawn
 * @returns the PoDs that help
 */
export function addScopes(
  family: ScopeFamily,
  limit: GridLimit,
  worsening: Float64Array,
): Set<string> {
  const helping = new Set<string>();
  const largest = largestEffect(worsening);
  if (largest === 0) return helping;
  const subtrees = subtreesAbove(family.grid.compiled, quantityOf(limit));
  for (const direction of ['up', 'down'] as const) {
    const rooms = family.flexibility[direction];
    for (const share of EFFECT_SHARES) {
      const helps = (bus: number): boolean =>
        effectOf(worsening, direction, bus) >= share * largest;
      const buses = subtrees
        ? (subtrees.findLast(({ root }) => helps(root))?.buses ?? [])
        : [...worsening.keys()].filter(helps);
      const flexible = buses.filter((bus) => rooms.has(bus));
      for (const bus of flexible) for (const id of rooms.get(bus)!.podIds) helping.add(id);
      insert(family, limit, direction, flexible);
    }
  }
  return helping;
}

/** How much better a limited value gets for each MW moved in a direction at a bus. */
export const effectOf = (worsening: Float64Array, direction: Direction, bus: number): number =>
  direction === 'up' ? worsening[bus]! : -worsening[bus]!;

/** The effect of the best-placed bus, whichever way power moves there. */
export const largestEffect = (worsening: Float64Array): number =>
  worsening.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);

/** PoDs of a scope in the order of their codes. */
export function podIdsOf({ flexibility }: ScopeFamily, { direction, buses }: Scope): string[] {
  return buses.flatMap((bus) => flexibility[direction].get(bus)!.podIds).sort();
}

/** Inserts a set; what overlaps another in part is split off, as a scope inside that one. */
function insert(
  family: ScopeFamily,
  limit: GridLimit,
  direction: Direction,
  buses: readonly number[],
): void {
  const { elementType, elementId } = limit;
  const voltageLevel = voltageLevelOf(family.grid, limit);
  let rest = buses;
  for (const other of family.scopes.slice()) {
    if (other.direction !== direction) continue;
    const shared = new Set(other.buses);
    const common = rest.filter((bus) => shared.has(bus));
    const isNested = common.length === rest.length || common.length === other.buses.length;
    if (common.length === 0 || isNested) continue;
    insert(family, limit, direction, common);
    rest = rest.filter((bus) => !shared.has(bus));
  }
  const isKnown = family.scopes.some(
    (other) =>
      other.direction === direction &&
      other.voltageLevel === voltageLevel &&
      other.buses.length === rest.length &&
      other.buses.every((bus, index) => bus === rest[index]),
  );
  if (rest.length === 0 || isKnown) return;
  family.scopes.push({ elementType, elementId, voltageLevel, direction, buses: rest });
}

/** Whether `outer` holds `inner`; of two equal ones the first holds the later. */
export function holds(scopes: readonly Scope[], outer: number, inner: number): boolean {
  const [one, other] = [scopes[outer]!, scopes[inner]!];
  if (outer === inner || one.direction !== other.direction) return false;
  if (one.buses.length === other.buses.length) {
    return outer < inner && one.buses[0] === other.buses[0];
  }
  return one.buses.length > other.buses.length && one.buses.includes(other.buses[0]!);
}
