import type { EventStore } from '@flexledger/event-store';

/** The positions of all events of a log, which may leave numbers out. */
export async function positionsOf(store: EventStore): Promise<number[]> {
  const positions: number[] = [];
  for await (const { position } of store.readAll()) positions.push(position);
  return positions;
}
