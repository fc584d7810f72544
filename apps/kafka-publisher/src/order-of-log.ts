/**
 * The order of the log out of topics of several partitions, each of which has it by itself. A message tells up to where the
 * log was written when it was published: that stands in its partitions by then, before the ends that they have if they
 * are asked now. What was sent together with it may still be missing.
 */

/** What was fetched of a partition. */
export interface ReadPartition<Message extends Ordered> {
  /** Not handed on yet; their order does not fall. */
  readonly waiting: Message[];
  /** Offset of what is fetched next. */
  readonly readTo: number;
}

export interface Ordered {
  /** Position in the log; of what has none, that of what is before it in its partition. */
  readonly order: number;
  /** Up to this position all was written before it, or before one that is before it in its partition. */
  readonly writtenTo: number;
}

/** Up to where all is written, by what waits; undefined where nothing does. */
export function knownWritten(partitions: readonly ReadPartition<Ordered>[]): number | undefined {
  const last = partitions.flatMap(({ waiting }) => waiting.at(-1)?.writtenTo ?? []);
  return last.length === 0 ? undefined : Math.max(...last);
}

/**
 * Takes away what nothing can come before any more, in order.
 *
 * @param upTo what was known to be written before the ends were asked for
 * @param ends of the partitions, as they were asked for then: offset behind each one's last message
 */
export function takeInOrder<Message extends Ordered>(
  partitions: readonly ReadPartition<Message>[],
  upTo: number,
  ends: readonly number[],
): Message[] {
  // One with more to fetch may hold whatever comes behind what was fetched of it.
  const open = partitions.filter(({ readTo }, index) => readTo < ends[index]!);
  const limits = open.map(({ waiting }) => waiting.at(-1)?.order);
  if (limits.includes(undefined)) return [];
  const limit = Math.min(upTo, ...(limits as number[]));
  const taken = partitions.flatMap(({ waiting }) => {
    const behind = waiting.findIndex(({ order }) => order > limit);
    return waiting.splice(0, behind < 0 ? waiting.length : behind);
  });
  return taken.toSorted((one, other) => compared(one.order, other.order));
}

/** Both may be before everything. */
const compared = (one: number, other: number): number => (one === other ? 0 : one - other);
