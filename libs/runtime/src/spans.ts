/**
 * Pieces of work with a beginning and an end, told to whoever traces what a process does (OpenTelemetry). All that one
 * command leads to has its correlation id in the log; that id is the trace's, so that whoever works on it, in whatever
 * process and however much later, works in the same trace, and nothing has to be handed on with a message.
 */
import { channel } from 'node:diagnostics_channel';

/** Where a span stands (W3C Trace Context). */
export interface SpanPlace {
  /** 32 lower-case hex characters, not all nought. */
  readonly traceId: string;
  /** 16 lower-case hex characters, not all nought. */
  readonly spanId: string;
}

/** A piece of work that is over. */
export interface Span extends SpanPlace {
  readonly name: string;
  /** `server`: asked from outside; `producer`: handed on to a broker. */
  readonly kind: 'internal' | 'server' | 'producer';
  readonly parentSpanId?: string;
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isFailed?: boolean;
  /** A span of another trace that this one goes back to. */
  readonly link?: SpanPlace;
}

const spans = channel('flexledger.span');

/** Whether anybody listens: nothing has to be measured where nobody does. */
export function isTraced(): boolean {
  return spans.hasSubscribers;
}

/** Tells a span, where anybody listens. */
export function tellSpan(span: Span): void {
  spans.publish(span);
}

/** @returns what ends the listening */
export function listenToSpans(listener: (span: Span) => void): () => void {
  const take = (span: unknown): void => listener(span as Span);
  spans.subscribe(take);
  return () => void spans.unsubscribe(take);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The trace of a correlation id; undefined where that is no UUID, as others may have made it. */
export function traceIdOf(correlationId: string): string | undefined {
  return UUID.test(correlationId) ? correlationId.replaceAll('-', '') : undefined;
}

/** The span of an event or a command; its second half, which is a hash and tells events of one command apart. */
export function spanIdOf(id: string): string | undefined {
  return traceIdOf(id)?.slice(16);
}

/** Where an event or a command stands; undefined where an id is no UUID. */
export function placeOf(correlationId: string, id: string): SpanPlace | undefined {
  const [traceId, spanId] = [traceIdOf(correlationId), spanIdOf(id)];
  return traceId && spanId ? { traceId, spanId } : undefined;
}

/** Epoch milliseconds with their fractions, by a clock that runs evenly: of what begins and ends in this process. */
export const spanNowMs = (): number => performance.timeOrigin + performance.now();

/** A place as the header `traceparent` of W3C Trace Context has it, sampled. */
export function traceParent({ traceId, spanId }: SpanPlace): string {
  return `00-${traceId}-${spanId}-01`;
}

const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/** The place that a header `traceparent` names; undefined for any other text, which is to be ignored. */
export function placeOfTraceParent(header: string | undefined): SpanPlace | undefined {
  const [, traceId, spanId] = TRACE_PARENT.exec(header ?? '') ?? [];
  return traceId && spanId ? { traceId, spanId } : undefined;
}
