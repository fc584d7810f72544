/**
 * What a store has written itself without a break, by types: who follows the log for some types need not look through rows of
 * which the store knows that they are of others. A fold that is asked for at each batch of packets would look through all.
 */
import type { EventFilter } from '../port';
import type { PreparedAppend } from '../prepare-append';
import type { BatchWritten } from './append-batch';

export interface OwnWrites {
  /** Takes in a batch that is durable; batches in their order. */
  wrote(batch: readonly PreparedAppend[], written: BatchWritten): void;
  /** A position from which on a reader of `filter` misses nothing that stands after `after`; `after` where nothing is known. */
  skip(after: number, filter: EventFilter | undefined): number;
}

/** For a store that is opened when the log's last position is `position`. */
export function createOwnWrites(position: number): OwnWrites {
  /** All rows after `from`, up to `upTo`, are this store's. */
  let from = position;
  let upTo = position;
  /** Position of the last one of each type, or one above it. */
  const lastOf = new Map<string, number>();
  /** Rows after `upTo` are of others: they stand before the next that this store writes. */
  let othersFollow = false;
  return {
    wrote(batch, { outcomes, othersWrote }) {
      othersFollow ||= othersWrote;
      const written = batch.filter((_, index) => isNew(outcomes[index]!));
      if (written.length === 0) return;
      for (const outcome of outcomes) if (isNew(outcome)) upTo = Math.max(upTo, outcome.position);
      if (othersFollow) {
        lastOf.clear();
        from = upTo;
        othersFollow = false;
      } else
        for (const { events } of written) for (const { type } of events) lastOf.set(type, upTo);
    },
    skip(after, filter) {
      const types = filter?.types;
      if (!types || after < from || after >= upTo) return after;
      return types.some((type) => (lastOf.get(type) ?? from) > after) ? after : upTo;
    },
  };
}

function isNew(
  outcome: BatchWritten['outcomes'][number],
): outcome is Extract<BatchWritten['outcomes'][number], { position: number }> {
  return !(outcome instanceof Error) && !outcome.repeated;
}
