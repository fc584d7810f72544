import { type OutcomeRow, PRODUCT_NAMES } from '@flexledger/domain';
import { type OperatedGrid, busOfPod } from './operated-grid';

/** How much more is withdrawn at one bus than forecast, by MTU. */
export interface BusChange {
  readonly w: Float64Array;
  readonly var: Float64Array;
}

/** Changes by index of the bus in the model's table; a bus that is not listed has none. */
export type PowerChange = ReadonlyMap<number, BusChange>;

/** Sign of an accepted quantity in the withdrawal: up is less of it (DESIGN 4), Q as P. */
export const signOf = ({ direction }: Pick<OutcomeRow, 'direction'>): 1 | -1 =>
  direction === 'up' ? -1 : 1;

/**
 * The change of withdrawal when rows are added to another change. Rows of PoDs that do not hang on
 * the grid move nothing on it.
 *
 * @param quantityOf W (var for product Q) from the row's first MTU on
 */
export function withRows(
  grid: OperatedGrid,
  { mtuCount }: { readonly mtuCount: number },
  before: PowerChange,
  rows: readonly OutcomeRow[],
  quantityOf: (row: OutcomeRow, index: number) => readonly number[],
): Map<number, BusChange> {
  const change = new Map<number, BusChange>();
  for (const [bus, { w, var: reactive }] of before) {
    change.set(bus, { w: w.slice(), var: reactive.slice() });
  }
  rows.forEach((row, index) => {
    const bus = busOfPod(grid, row.podId);
    if (bus === undefined) return;
    let here = change.get(bus);
    if (!here) {
      here = { w: new Float64Array(mtuCount), var: new Float64Array(mtuCount) };
      change.set(bus, here);
    }
    const column = here[PRODUCT_NAMES[row.product].column];
    const sign = signOf(row);
    quantityOf(row, index).forEach((quantity, offset) => {
      column[row.firstMtu + offset]! += sign * quantity;
    });
  });
  return change;
}
