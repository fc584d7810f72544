/**
 * Traces by OpenTelemetry's protocol (OTLP over HTTP, JSON): the log's events, under a lease like any other processor,
 * and what this process itself tells of: requests, work on flows, messages to Kafka. Spans that the collector does not
 * take are dropped and counted, for a trace is never worth a market's waiting.
 */
import { eventVersions } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import { sha256Hex, uuidFrom } from '@flexledger/identity';
import {
  type FlowMoment,
  type Span,
  exactClock,
  listenToFlows,
  listenToSpans,
  messageOf,
  traceIdOf,
  withoutFullStop,
} from '@flexledger/runtime';
import { type HrTime, type Link, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { spansOfLog } from './spans-of-log';

/** Where traces go, and how many. */
export interface TraceSettings {
  /** Of a collector, to its path: `http://127.0.0.1:4318/v1/traces`. */
  readonly otlpUrl: string;
  /** Sent with each batch: a collector's credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that are told, 0 to 1; a trace is told by all processes or by none. */
  readonly sampleRatio: number;
}

export interface TraceExporterOptions extends TraceSettings {
  /** Name of this process among those of the market. */
  readonly instance: string;
  readonly version: string;
  /** Told when the collector begins to refuse, and when it takes spans again. */
  readonly onProblem: (problem: string) => void;
}

export interface TraceExporter {
  readonly processor: Processor;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Spans that wait to be sent; what comes beyond is dropped. */
const QUEUE_MOST = 8_192;
const BATCH = 512;
const SEND_EVERY_MS = 2_000;
const ANSWER_MS = 10_000;
/** OpenTelemetry’s ExportResultCode for success. */
const TAKEN = 0;
/** Executions that never ended are forgotten beyond so many. */
const OPEN_EXECUTIONS_MOST = 10_000;
const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
} as const;

/** Begins to listen; the collector is asked with the first batch. */
export function createTraceExporter(options: TraceExporterOptions): TraceExporter {
  const { sampleRatio, instance, version } = options;
  const resource = resourceFromAttributes({
    'service.name': 'flexledger',
    'service.instance.id': instance,
    'service.version': version,
  });
  const batches = new BatchSpanProcessor({
    exporter: otlpExporter(options),
    maxQueueSize: QUEUE_MOST,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: SEND_EVERY_MS,
  });
  const isSampled = sampler(sampleRatio);
  const tell = (span: Span): void => {
    if (isSampled(span.traceId)) batches.onEnd(readable(span, resource));
  };
  const unlisten = [listenToSpans(tell), listenToFlows(executions(tell))];
  const log = spansOfLog(isSampled);
  let taken = 0;
  return {
    processor: {
      name: 'traces',
      types: Object.keys(eventVersions),
      async handle(event) {
        for (const span of log.take(event)) {
          tell(span);
          taken += 1;
          // A log that is caught up with comes faster than batches go.
          if (taken % BATCH === 0) await batches.forceFlush().catch(() => undefined);
        }
      },
    },
    async close() {
      for (const end of unlisten) end();
      await batches.shutdown().catch(() => undefined);
    },
  };
}

/** By the trace's own id, so that every process decides alike. Ids of the log are hashes, others drawn. */
export function sampler(ratio: number): (traceId: string) => boolean {
  const below = ratio * 2 ** 32;
  return (traceId) => parseInt(traceId.slice(0, 8), 16) < below;
}

/** Work on a flow as spans of the session that it is about, whose correlation id follows from its name. */
function executions(tell: (span: Span) => void): (moment: FlowMoment) => void {
  const begun = new Map<string, number>();
  return ({ flow, step, platform, referenceId }) => {
    const key = `${flow} ${platform} ${referenceId}`;
    const nowMs = exactClock.nowMs();
    if (step === 'start_execution') {
      if (begun.size >= OPEN_EXECUTIONS_MOST) begun.clear();
      begun.set(key, nowMs);
    }
    const startMs = begun.get(key);
    if (step !== 'end_execution' || startMs === undefined) return;
    begun.delete(key);
    tell({
      traceId: traceIdOf(uuidFrom(referenceId))!,
      spanId: sha256Hex(`${key} ${startMs}`).slice(0, 16),
      name: `${flow} ${platform}`,
      kind: 'internal',
      startMs,
      endMs: nowMs,
      attributes: { 'flexledger.reference_id': referenceId, 'flexledger.platform': platform },
    });
  };
}

/** Posts batches, and says when the collector begins to refuse and when that is over. */
function otlpExporter({ otlpUrl, headers, onProblem }: TraceExporterOptions): SpanExporter {
  let dropped = 0;
  async function post(spans: ReadableSpan[]): Promise<void> {
    const response = await fetch(otlpUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array(),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answers ${response.status}`);
  }
  return {
    export(spans, done) {
      post(spans).then(
        () => {
          if (dropped > 0) {
            onProblem(`traces: ${otlpUrl} takes them again; spans that were dropped: ${dropped}.`);
          }
          dropped = 0;
          done({ code: TAKEN });
        },
        (error: unknown) => {
          if (dropped === 0) {
            const reason = withoutFullStop(messageOf(error));
            onProblem(
              `traces: ${otlpUrl} does not take them: ${reason}; they are dropped until it does.`,
            );
          }
          dropped += spans.length;
          // Said above, once; an error here would be told for each batch.
          done({ code: TAKEN });
        },
      );
    },
    shutdown: async () => undefined,
  };
}

function readable(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, link } = span;
  const context = (id: string, trace = traceId) => ({
    traceId: trace,
    spanId: id,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: false,
  });
  const links: Link[] = link ? [{ context: context(link.spanId, link.traceId) }] : [];
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => context(spanId),
    ...(parentSpanId && { parentSpanContext: context(parentSpanId) }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    status: { code: span.isFailed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: { ...attributes },
    links,
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'flexledger' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and the nanoseconds beyond them. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
