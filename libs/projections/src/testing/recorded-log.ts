import type { DomainEvent, RecordedEvent } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { AnyView, View } from '../view';

/** What a test says of an event; the envelope follows from its place in the log. */
export interface LoggedEvent {
  readonly streamId: string;
  readonly type: string;
  readonly data: object;
}

const FIRST_MS = msFromIso('2026-03-16T10:00:00.000Z');

/** Business time of the event at a position: one second later each. */
export function timeAt(position: number): string {
  return isoFromMs(FIRST_MS + position * 1_000);
}

/** Id of the event at a position. */
export function idAt(position: number): string {
  return `00000000-0000-8000-8000-${String(position).padStart(12, '0')}`;
}

/** Domain events of one stream. */
export function inStream<Event extends DomainEvent<string, object>>(
  streamId: string,
  events: readonly Event[],
): LoggedEvent[] {
  return events.map(({ type, data }) => ({ streamId, type, data }));
}

/** Events as a log would hold them, in the order given. */
export function recordedLog(events: readonly LoggedEvent[]): RecordedEvent[] {
  const revisions = new Map<string, number>();
  return events.map(({ streamId, type, data }, position) => {
    const revision = revisions.get(streamId) ?? 0;
    revisions.set(streamId, revision + 1);
    const id = idAt(position);
    return {
      id,
      type,
      schemaVersion: 1,
      streamId,
      revision,
      position,
      occurredAt: timeAt(position),
      recordedAt: timeAt(position),
      correlationId: id,
      causationId: id,
      actor: 'platform:test',
      data,
      hash: String(position).padStart(64, '0'),
    };
  });
}

/** A view's documents after a log, by id: the plain fold, without runner or storage. */
export function foldView(
  view: AnyView,
  events: readonly RecordedEvent[],
): ReadonlyMap<string, object> {
  const docs = new Map<string, object>();
  for (const event of events) {
    if (!view.types.includes(event.type)) continue;
    view.keysOf(event).forEach((key, index) => {
      const doc = view.evolve(docs.get(key), event, key, index);
      if (doc) docs.set(key, doc);
      else docs.delete(key);
    });
  }
  return docs;
}

/** The documents of a view after events, in the order in which they came about. */
export function documentsAfter<Doc extends object>(
  view: View<Doc>,
  events: readonly LoggedEvent[],
): Doc[] {
  return [...foldView(view, recordedLog(events)).values()] as Doc[];
}
