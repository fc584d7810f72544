/**
 * What can be kept of an outcome in one MTU that it harms. Rows are tried in order of priority, a
 * whole class first and then by halves, until what does harm stands alone; of that the largest part
 * that does none is kept. Then what was refused is tried again, because rows kept later may have
 * made room, until nothing more fits, and only then the next class.
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
/**
 * Each pass keeps something more. Two or three do, unless rows make room for each other step by
 * step: then what is still refused after so many stays refused.
 */
const PASSES_MAX = 2_000;

/**
 * @param classes rows in order of priority; those of a class never cost one before it anything
 * @returns what is kept of the rows of all classes, one after the other
 */
export function keepRows(classes: readonly (readonly RowInMtu[])[], grid: MtuGrid): KeptRows {
  const rows = classes.flat();
  const search: Search = { rows, grid, keptW: rows.map(() => 0), full: new Map() };
  let from = 0;
  for (const { length } of classes) {
    keepRange(search, from, from + length);
    keepMore(search, from + length);
    from += length;
  }
  const harmAt = new Map([...search.full].map(([place, { element }]) => [place, element]));
  return { keptW: search.keptW, harmAt };
}

interface Search {
  readonly rows: readonly RowInMtu[];
  readonly grid: MtuGrid;
  readonly keptW: number[];
  /** Places where so much more is not borne; what is known of one row holds for the next. */
  readonly full: Map<number, { readonly element: string; readonly fromW: number }>;
}

/** Tries the first rows again until nothing more of them fits. */
function keepMore(search: Search, to: number): void {
  for (let pass = 0, more = true; more && pass < PASSES_MAX; pass += 1) {
    search.full.clear();
    more = false;
    for (let row = 0; row < to; row += 1) {
      if (keepMoreOf(search, row)) more = true;
    }
  }
}

/** Whether it is known that not even one step more of a row is borne. */
function isFull({ rows, keptW, full }: Search, row: number): boolean {
  const { place, quantityW } = rows[row]!;
  const known = full.get(place);
  return known !== undefined && Math.min(RESOLUTION_W, quantityW - keptW[row]!) >= known.fromW;
}

function keepRange(search: Search, from: number, to: number): void {
  const { rows, grid, keptW } = search;
  const open: number[] = [];
  for (let row = from; row < to; row += 1) if (!isFull(search, row)) open.push(row);
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
function keepMoreOf(search: Search, row: number): boolean {
  const { rows, grid, keptW, full } = search;
  const { place, quantityW } = rows[row]!;
  const leftW = quantityW - keptW[row]!;
  if (leftW === 0 || isFull(search, row)) return false;
  let addedW = 0;
  const harmOf = (partW: number): string | undefined => {
    grid.add(place, partW - addedW);
    addedW = partW;
    return grid.harm();
  };
  const element = harmOf(leftW);
  if (element === undefined) {
    keptW[row] = quantityW;
    return true;
  }
  let harmful = { element, partW: leftW };
  let borneW = 0;
  // Most rows at a place that is full bear nothing: one trial of a step spares them the search.
  let partW = RESOLUTION_W;
  while (harmful.partW - borneW > RESOLUTION_W) {
    const harm = harmOf(partW);
    if (harm === undefined) borneW = partW;
    else harmful = { element: harm, partW };
    const steps = Math.ceil((harmful.partW - borneW) / RESOLUTION_W);
    partW = borneW + (steps >> 1) * RESOLUTION_W;
  }
  grid.add(place, borneW - addedW);
  keptW[row]! += borneW;
  full.set(place, { element: harmful.element, fromW: harmful.partW - borneW });
  return borneW > 0;
}
