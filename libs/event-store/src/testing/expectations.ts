/** What holds of recorded events in every engine, as Jest expectations. */
import type { RecordedEvent } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';

/** The hash is that of the event as it was read. */
export function expectSoundHash(event: RecordedEvent): void {
  expect(event.hash).toBe(eventHash({ ...event, dataJson: canonicalJson(event.data) }));
}

/** Positions increase; other engines than the embedded one leave gaps. */
export function expectIncreasingPositions(events: readonly RecordedEvent[]): void {
  events.forEach((event, index) => {
    if (index > 0) expect(event.position).toBeGreaterThan(events[index - 1]!.position);
  });
}

/** Positions increase, and in each stream the revisions are 0, 1, 2, ... */
export function expectGaplessRevisions(events: readonly RecordedEvent[]): void {
  expectIncreasingPositions(events);
  const next = new Map<string, number>();
  for (const { streamId, revision } of events) {
    expect({ streamId, revision }).toEqual({ streamId, revision: next.get(streamId) ?? 0 });
    next.set(streamId, revision + 1);
  }
}
