import { sleep } from '@flexledger/runtime';

/**
 * What has come in from the nodes and waits to be recorded. Sockets hand things over in any order;
 * the platform takes them out together and records them in an order of its own, so that the log of
 * a simulated day does not depend on the network (DESIGN 2.3).
 */
export interface Inbox<Item> {
  readonly size: number;
  /** False when the inbox is full; the item is left out. */
  put(item: Item): boolean;
  /** Resolves once `count` items wait, or after `timeoutMs` of real time. One caller at a time. */
  untilHolds(count: number, timeoutMs: number): Promise<void>;
  /** Everything that waits, in the order of arrival. */
  takeAll(): Item[];
  /** What came first, at most so many. */
  take(most: number): Item[];
  /** The same, and it goes on waiting. */
  next(most: number): readonly Item[];
}

export function createInbox<Item>(capacity: number): Inbox<Item> {
  let items: Item[] = [];
  let awaited = Infinity;
  let arrived = new AbortController();
  return {
    get size() {
      return items.length;
    },
    put(item) {
      if (items.length >= capacity) return false;
      items.push(item);
      if (items.length >= awaited) arrived.abort();
      return true;
    },
    async untilHolds(count, timeoutMs) {
      if (items.length >= count) return;
      awaited = count;
      arrived = new AbortController();
      await sleep(timeoutMs, arrived.signal);
      awaited = Infinity;
    },
    takeAll() {
      const taken = items;
      items = [];
      return taken;
    },
    take: (most) => items.splice(0, most),
    next: (most) => items.slice(0, most),
  };
}
