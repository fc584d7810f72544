/**
 * What can be kept of an outcome in one MTU that it harms. Rows are tried in order of priority, the
 * whole list first and then by halves, until what does harm stands alone; of that the largest part
 * that does none is kept. Then what was refused is tried again, because rows kept later may have
 * made room, until nothing more fits.
 */

/** One row in the MTU; rows of a place are alike but for their quantity. */
export interface RowInMtu {
  /** Bus, product and direction, as one number. */
  readonly place: number;
  /** Whole W or var. */
  readonly quantityW: number;
}

/** The grid in the MTU: what it bears on top of what was added so far. */
export interface MtuGrid {
  /** Adds to (or takes from, negative) what is kept at a place. */
  add(place: number, quantityW: number): void;
  /** The element harmed by what is added; undefined = none. */
  harm(): string | undefined;
}

/** What was kept of each row, and which element stood in the way of the rest at a place. */
export interface KeptRows {
  readonly keptW: readonly number[];
  readonly harmAt: ReadonlyMap<number, string>;
}

/** Parts are found to this many W. */
const RESOLUTION_W = 10;
/** Each pass keeps something more; a limit for what should end long before. */
const PASSES_MAX = 100;

/** @param rows in order of priority */
export function keepRows(rows: readonly RowInMtu[], grid: MtuGrid): KeptRows {
  const search: Search = { rows, grid, keptW: rows.map(() => 0), harmAt: new Map() };
  keepRange(search, 0, rows.length);
  for (let pass = 0, more = true; more && pass < PASSES_MAX; pass += 1) {
    search.harmAt.clear();
    more = false;
    for (let row = 0; row < rows.length; row += 1) {
      if (keepMoreOf(search, row)) more = true;
    }
  }
  return search;
}

interface Search {
  readonly rows: readonly RowInMtu[];
  readonly grid: MtuGrid;
  readonly keptW: number[];
  /** Places where not even one step more is borne; what is known of one row holds for the next. */
  readonly harmAt: Map<number, string>;
}

function keepRange(search: Search, from: number, to: number): void {
  const { rows, grid, keptW, harmAt } = search;
  const open: number[] = [];
  for (let row = from; row < to; row += 1) if (!harmAt.has(rows[row]!.place)) open.push(row);
  if (open.length === 0) return;
  if (open.length === 1) return void keepMoreOf(search, open[0]!);
  for (const row of open) grid.add(rows[row]!.place, rows[row]!.quantityW);
  if (grid.harm() === undefined) {
    for (const row of open) keptW[row] = rows[row]!.quantityW;
    return;
  }
  for (const row of open) grid.add(rows[row]!.place, -rows[row]!.quantityW);
  const middle = open[open.length >> 1]!;
  keepRange(search, from, middle);
  keepRange(search, middle, to);
}

/** Keeps as much more of one row as the grid bears. Returns whether that is anything. */
function keepMoreOf({ rows, grid, keptW, harmAt }: Search, row: number): boolean {
  const { place, quantityW } = rows[row]!;
  const leftW = quantityW - keptW[row]!;
  if (leftW === 0 || harmAt.has(place)) return false;
  let addedW = 0;
  const harmOf = (partW: number): string | undefined => {
    grid.add(place, partW - addedW);
    addedW = partW;
    return grid.harm();
  };
  let harm = harmOf(leftW);
  // In whole steps: `low` is borne, `high` is not (the whole rest, when not a multiple).
  let low = harm === undefined ? leftW / RESOLUTION_W : 0;
  let high = Math.ceil(leftW / RESOLUTION_W);
  if (harm !== undefined && high > 1) {
    // Most rows at a place that is full bear nothing: one trial instead of a search.
    const first = harmOf(RESOLUTION_W);
    if (first === undefined) low = 1;
    else [harm, high] = [first, 1];
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const here = harmOf(middle * RESOLUTION_W);
    if (here === undefined) low = middle;
    else [harm, high] = [here, middle];
  }
  const partW = low * RESOLUTION_W;
  grid.add(place, partW - addedW);
  keptW[row]! += partW;
  if (harm !== undefined) harmAt.set(place, harm);
  return partW > 0;
}
