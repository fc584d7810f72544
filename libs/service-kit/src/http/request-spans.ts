/**
 * Requests as spans. One that commands something stands in the trace of what its command leads to, and is the parent of
 * the command's events; who asks within a trace of its own (`traceparent`) finds it linked from there.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { CommandContext } from '@flexledger/domain';
import {
  type SpanPlace,
  exactClock,
  isTraced,
  placeOfTraceParent,
  spanIdOf,
  tellSpan,
  traceIdOf,
} from '@flexledger/runtime';
import type { NextFunction, Request, Response } from 'express';

/** Of the request under way: where its span stands, once that is known. */
const requests = new AsyncLocalStorage<{ place?: SpanPlace }>();

/** A request that commands something is a span of what follows from it. */
export function commandedBy({ commandId, correlationId }: CommandContext): void {
  const request = requests.getStore();
  const traceId = traceIdOf(correlationId);
  const spanId = spanIdOf(commandId);
  if (request && traceId && spanId) request.place = { traceId, spanId };
}

/** Tells each request as a span, where anybody traces. */
export function requestSpans(request: Request, response: Response, next: NextFunction): void {
  if (!isTraced()) return next();
  const startMs = exactClock.nowMs();
  const caller = placeOfTraceParent(request.get('traceparent'));
  const own: { place?: SpanPlace } = {};
  response.once('finish', () => {
    const { route } = request as { route?: { readonly path?: unknown } };
    const path = typeof route?.path === 'string' ? route.path : 'unknown';
    const status = response.statusCode;
    const spanId = randomBytes(8).toString('hex');
    const place = own.place ?? {
      traceId: caller?.traceId ?? randomBytes(16).toString('hex'),
      spanId,
    };
    const isCallers = caller?.traceId === place.traceId;
    tellSpan({
      ...place,
      name: `${request.method} ${path}`,
      kind: 'server',
      ...(caller && isCallers && { parentSpanId: caller.spanId }),
      ...(caller && !isCallers && { link: caller }),
      startMs,
      endMs: exactClock.nowMs(),
      // Names of OpenTelemetry's semantic conventions.
      attributes: {
        'http.request.method': request.method,
        'http.route': path,
        'http.response.status_code': status,
      },
      ...(status >= 500 && { isFailed: true }),
    });
  });
  requests.run(own, next);
}
