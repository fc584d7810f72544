import type { PublishedGrid } from '@flexledger/dso-technical-platform';
import type { EventStore } from '@flexledger/event-store';

/** The grid model the log ends with, if any was published. */
export async function publishedGrid(store: EventStore): Promise<PublishedGrid | undefined> {
  let last: PublishedGrid | undefined;
  for await (const event of store.readAll({ filter: { types: ['GridModelPublished'] } })) {
    last = event.data as PublishedGrid;
  }
  return last;
}
