/**
 * Least-significant-digit radix sort of offers by price: stable, so that offers handed over in the
 * order of the tie-breaks (reliability, then log) keep it among equals; linear in their number.
 */
const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/** Reusable memory for sorting up to `capacity` offers. */
export interface MeritSorter {
  keys: Uint32Array;
  /** What is sorted: offers, or indexes of records. */
  items: Uint32Array;
  spareKeys: Uint32Array;
  spareItems: Uint32Array;
  readonly counts: Uint32Array;
}

/** Allocates a sorter; the caller fills `keys` and `items` and calls `sortByKey`. */
export function newMeritSorter(capacity: number): MeritSorter {
  return {
    keys: new Uint32Array(capacity),
    items: new Uint32Array(capacity),
    spareKeys: new Uint32Array(capacity),
    spareItems: new Uint32Array(capacity),
    counts: new Uint32Array(BUCKETS),
  };
}

/** Sorts the first `count` pairs by key, ascending and stable. Only as many digits are sorted as the largest key has. */
export function sortByKey(sorter: MeritSorter, count: number): void {
  let largest = 0;
  for (let at = 0; at < count; at += 1) {
    if (sorter.keys[at]! > largest) largest = sorter.keys[at]!;
  }
  for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += DIGIT_BITS) {
    sortDigit(sorter, count, shift);
  }
}

function sortDigit(sorter: MeritSorter, count: number, shift: number): void {
  const { keys, items, spareKeys, spareItems, counts } = sorter;
  counts.fill(0);
  for (let at = 0; at < count; at += 1) counts[(keys[at]! >>> shift) & (BUCKETS - 1)]! += 1;
  let position = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const size = counts[bucket]!;
    counts[bucket] = position;
    position += size;
  }
  for (let at = 0; at < count; at += 1) {
    const bucket = (keys[at]! >>> shift) & (BUCKETS - 1);
    const to = counts[bucket]!;
    counts[bucket] = to + 1;
    spareKeys[to] = keys[at]!;
    spareItems[to] = items[at]!;
  }
  sorter.keys = spareKeys;
  sorter.items = spareItems;
  sorter.spareKeys = keys;
  sorter.spareItems = items;
}
