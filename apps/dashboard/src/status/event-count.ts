import { type EventStore, BEFORE_FIRST } from '@flexledger/event-store';
import { type DocumentStore, latestCheckpoint } from '@flexledger/projections';
import { inOrder } from '@flexledger/runtime';

/**
 * How many events a log holds. Positions do not say, as they may leave numbers out: the last checkpoint's
 * leaves are counted already, what came after them is counted once.
 */
export function createEventCount(sources: {
  readonly store: EventStore;
  readonly documents: DocumentStore;
}): () => Promise<number> {
  const { store, documents } = sources;
  let counted: { events: number; until: number } | undefined;

  async function begin(): Promise<{ events: number; until: number }> {
    const checkpoint = await latestCheckpoint(documents);
    const until = checkpoint?.lastPosition;
    if (!checkpoint || until === null || until === undefined) {
      return { events: 0, until: BEFORE_FIRST };
    }
    return { events: checkpoint.size, until };
  }

  // One counts at a time, so that no event is counted twice.
  const inTurn = inOrder();
  return () =>
    inTurn(async () => {
      const count = (counted ??= await begin());
      for await (const { position } of store.readAll({ after: count.until })) {
        count.events += 1;
        count.until = position;
      }
      return count.events;
    });
}
