/**
 * The log as spans: an event's from when it happened to when it stood in the log, below the event or command that
 * caused it, and one more from then until a checkpoint that covers it was anchored. So a packet's trace goes from its
 * node's signature to the chain, whatever processes it went through, and however often they were restarted.
 */
import type { RecordedEvent } from '@flexledger/domain';
import { sha256Hex } from '@flexledger/identity';
import { type Span, type SpanPlace, msFromIso, placeOf, spanIdOf } from '@flexledger/runtime';

/** Makes spans of events that are handed on in the log's order. */
export interface SpansOfLog {
  /** The spans that are over with this event. */
  take(event: RecordedEvent): readonly Span[];
}

/** Events that wait for their anchor; the oldest are forgotten beyond. */
const WAITING_MOST = 10_000;
/** Checkpoints that wait for theirs. */
const SEALED_MOST = 1_000;

interface Waiting {
  readonly position: number;
  readonly place: SpanPlace;
  readonly recordedAtMs: number;
}

/** @param isSampled which traces are told at all */
export function spansOfLog(isSampled: (traceId: string) => boolean): SpansOfLog {
  let waiting: Waiting[] = [];
  /** Last position that a checkpoint covers, by its size. */
  const sealed = new Map<number, number>();

  function anchored(event: RecordedEvent): Span[] {
    const { size, txHash } = event.data as { readonly size: number; readonly txHash: string };
    const lastPosition = sealed.get(size);
    if (lastPosition === undefined) return [];
    for (const earlier of [...sealed.keys()]) if (earlier <= size) sealed.delete(earlier);
    const covered = waiting.filter(({ position }) => position <= lastPosition);
    waiting = waiting.filter(({ position }) => position > lastPosition);
    return covered.map(({ place: { traceId, spanId }, recordedAtMs }) => ({
      traceId,
      // The same whenever the log is read again.
      spanId: sha256Hex(`${spanId}/anchored`).slice(0, 16),
      parentSpanId: spanId,
      name: 'anchored',
      kind: 'internal',
      startMs: recordedAtMs,
      endMs: Math.max(recordedAtMs, msFromIso(event.recordedAt)),
      attributes: { 'flexledger.checkpoint_size': size, 'flexledger.tx_hash': txHash },
    }));
  }

  return {
    take(event) {
      // What the certifier does for all others has one correlation id for ever, and is told with the others.
      if (event.type === 'CheckpointAnchored') return anchored(event);
      if (event.type === 'CheckpointSealed') {
        const { size, lastPosition } = event.data as { size: number; lastPosition: number };
        sealed.set(size, lastPosition);
        if (sealed.size > SEALED_MOST) sealed.delete(sealed.keys().next().value!);
        return [];
      }
      const span = spanOfEvent(event);
      if (!span || !isSampled(span.traceId)) return [];
      const { position, recordedAt } = event;
      waiting.push({ position, place: span, recordedAtMs: msFromIso(recordedAt) });
      if (waiting.length > WAITING_MOST) waiting = waiting.slice(-WAITING_MOST / 2);
      return [span];
    },
  };
}

/** Undefined for an event with ids that are no UUIDs, as others may have made them. */
function spanOfEvent(event: RecordedEvent): Span | undefined {
  const { id, type, streamId, correlationId, causationId, actor, position } = event;
  const place = placeOf(correlationId, id);
  if (!place) return undefined;
  const parentSpanId = spanIdOf(causationId);
  const recordedAtMs = msFromIso(event.recordedAt);
  return {
    ...place,
    // A device's command has the trace to itself and no span of its own.
    ...(parentSpanId && causationId !== correlationId && { parentSpanId }),
    name: type,
    kind: 'internal',
    startMs: Math.min(msFromIso(event.occurredAt), recordedAtMs),
    endMs: recordedAtMs,
    attributes: {
      'flexledger.event_id': id,
      'flexledger.stream': streamId,
      'flexledger.position': position,
      'flexledger.actor': actor,
    },
  };
}
