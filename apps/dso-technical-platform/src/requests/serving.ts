/**
 * How PoDs may serve the quantities that scopes ask for in one MTU: all alike, or those first that
 * move a limited value least (or most). Smaller scopes are served before those around them, which
 * with nested scopes reaches the best and the worst that a market can choose.
 */
import type { Product } from '@flexledger/domain';
import { type Scope, type ScopeFamily, type Worsening, effectOf, smallestFirst } from './scopes';

/** Change of withdrawal by bus of the model: W of P, var of Q. */
export type Served = Readonly<Record<Product, Float64Array>>;

/** Who serves first: nobody, or who helps least (1) or most (-1) with a limited value. */
export type ServingOrder = 'alike' | { readonly worsening: Worsening; readonly sign: 1 | -1 };

/** @param quantityOf W (var) that a scope of the family asks for, by its number */
export function serve(
  { grid, flexibility, scopes }: ScopeFamily,
  mtu: number,
  quantityOf: (scope: number) => number,
  order: ServingOrder,
): Served {
  const { length } = grid.compiled.network.buses;
  const column = (): Float64Array => new Float64Array(length);
  const served = { P: column(), Q: column() };
  const used = { P: { up: column(), down: column() }, Q: { up: column(), down: column() } };
  for (const number of smallestFirst(scopes)) {
    const scope = scopes[number]!;
    let wanted = quantityOf(number);
    if (wanted <= 0) continue;
    const { product, direction } = scope;
    const rooms = flexibility[product][direction];
    const usedOf = used[product][direction];
    const roomAt = (bus: number): number => rooms.get(bus)!.room[mtu]! - usedOf[bus]!;
    const take = (bus: number, part: number): void => {
      usedOf[bus]! += part;
      served[product][bus]! += direction === 'up' ? -part : part;
    };
    if (order === 'alike') {
      const share = wanted / scope.buses.reduce((sum, bus) => sum + roomAt(bus), 0);
      for (const bus of scope.buses) take(bus, roomAt(bus) * share);
      continue;
    }
    for (const bus of inOrder(scope, order)) {
      const part = Math.min(wanted, roomAt(bus));
      take(bus, part);
      wanted -= part;
    }
  }
  return served;
}

function inOrder(
  scope: Scope,
  { worsening, sign }: Exclude<ServingOrder, 'alike'>,
): readonly number[] {
  const keyOf = (bus: number): number => sign * effectOf(worsening, scope, bus);
  return [...scope.buses].sort((a, b) => keyOf(a) - keyOf(b) || a - b);
}
