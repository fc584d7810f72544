import {
  type ReliabilityEvent,
  type ReliabilityIndices,
  RELIABILITY_TYPES,
  createReliabilityBook,
} from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { type Clock, inOrder, isoNow } from '@flexledger/runtime';

/** How reliable providers are by the settlements of a log, as far as it has come. */
export interface ReliabilityOfLog {
  /** As a session goes by; undefined unless it has opened and has no result yet. */
  indicesOf(sessionId: string): Promise<ReliabilityIndices | undefined>;
  /** As a session would go by whose gate opened now. */
  indicesNow(): Promise<ReliabilityIndices>;
}

/** The book of a log: read once from the beginning, then as far as the log has come. */
export function createReliabilityOfLog(store: EventStore, clock: Clock): ReliabilityOfLog {
  const book = createReliabilityBook();
  let taken = BEFORE_FIRST;
  /** One reads at a time, so that no event is folded twice. */
  const inTurn = inOrder();

  async function readOn(): Promise<void> {
    const filter = { types: RELIABILITY_TYPES };
    // Asked first: what is written while the log is read may be missed by this reading, and not by the next.
    const head = await store.head();
    for await (const event of store.readAll({ after: taken, filter, readAhead: true })) {
      if (event.position > head) break;
      book.take(event as unknown as ReliabilityEvent);
    }
    taken = head;
  }

  return {
    async indicesOf(sessionId) {
      // What is known of an open session does not change.
      const known = book.indicesOf(sessionId);
      if (known) return known;
      await inTurn(readOn);
      return book.indicesOf(sessionId);
    },
    indicesNow: () =>
      inTurn(async () => {
        await readOn();
        return book.indicesAt(isoNow(clock));
      }),
  };
}
