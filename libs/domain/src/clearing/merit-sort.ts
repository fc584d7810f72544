/**
 * Least-significant-digit radix sort of offers by rank: stable, so that offers handed over in the
 * order of the tie-breaks (reliability, then log) keep it among equals; linear in their number.
 * It moves whole records, so that whoever visits offers in merit order reads memory in order too,
 * which at millions of offers matters more than the moving.
 */
export const Field = {
  /** Sort key, unsigned; free for other use after sorting. */
  key: 0,
  /** Three numbers that travel with it. */
  first: 1,
  second: 2,
  third: 3,
  /** Numbers in a record. */
  size: 4,
} as const;

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/** Memory for sorting; the caller fills `records` and calls `sortByKey`. */
export interface MeritSorter {
  records: Int32Array;
  spare: Int32Array;
  readonly counts: Uint32Array;
}

/** A sorter for up to `capacity` records. */
export function newMeritSorter(capacity: number): MeritSorter {
  return {
    records: new Int32Array(capacity * Field.size),
    spare: new Int32Array(capacity * Field.size),
    counts: new Uint32Array(BUCKETS),
  };
}

/** Sorts the first `count` records by key, ascending and stable. Only as many digits are sorted as the largest key has. */
export function sortByKey(sorter: MeritSorter, count: number): void {
  const end = count * Field.size;
  let largest = 0;
  for (let at = 0; at < end; at += Field.size) {
    const key = sorter.records[at]! >>> 0;
    if (key > largest) largest = key;
  }
  for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += DIGIT_BITS) {
    sortDigit(sorter, end, shift);
  }
}

function sortDigit(sorter: MeritSorter, end: number, shift: number): void {
  const { records, spare, counts } = sorter;
  const mask = BUCKETS - 1;
  counts.fill(0);
  for (let at = 0; at < end; at += 4) counts[(records[at]! >>> shift) & mask]! += 1;
  let position = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const size = counts[bucket]!;
    counts[bucket] = position;
    position += size;
  }
  for (let at = 0; at < end; at += 4) {
    const bucket = (records[at]! >>> shift) & mask;
    const to = counts[bucket]! * 4;
    counts[bucket]! += 1;
    spare[to] = records[at]!;
    spare[to + 1] = records[at + 1]!;
    spare[to + 2] = records[at + 2]!;
    spare[to + 3] = records[at + 3]!;
  }
  sorter.records = spare;
  sorter.spare = records;
}
