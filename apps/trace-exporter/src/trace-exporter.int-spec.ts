/** Spans over a real socket to a collector of our own, as OTLP has them. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Span, tellFlow, tellSpan } from '@flexledger/runtime';
import { createTraceExporter, sampler } from './trace-exporter';

interface Taken {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: { readonly resourceSpans: readonly ResourceSpans[] };
}
interface ResourceSpans {
  readonly resource: { readonly attributes: readonly { key: string; value: object }[] };
  readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[];
}

let collector: Server;
let url: string;
let status = 200;
let taken: Taken[] = [];
const problems: string[] = [];
const spansIn = (all: readonly Taken[]) =>
  all.flatMap(({ body }) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Taken['body'];
      if (status === 200) taken.push({ headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((ready) => collector.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
});
afterAll(() => collector.close());
beforeEach(() => {
  taken = [];
  status = 200;
  problems.length = 0;
});

const exporter = (sampleRatio = 1) =>
  createTraceExporter({
    otlpUrl: url,
    headers: { authorization: 'Bearer secret' },
    sampleRatio,
    instance: 'platform',
    version: '0.1.0',
    onProblem: (problem) => problems.push(problem),
  });
const span: Span = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: 'b7ad6b7169203331',
  name: 'POST /api/v1/offers',
  kind: 'server',
  startMs: 1_773_741_600_000.25,
  endMs: 1_773_741_600_012.5,
  attributes: { 'http.response.status_code': 503 },
  isFailed: true,
  link: { traceId: 'ee9110719ba1824aa874fd5defea68f6', spanId: 'a874fd5defea68f6' },
};

it('a span is sent as OTLP has it, with the collector’s credential and who has done it', async () => {
  const traces = exporter();
  tellSpan(span);
  await traces.close();
  expect(spansIn(taken)).toEqual([
    expect.objectContaining({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      name: span.name,
      kind: 2,
      startTimeUnixNano: '1773741600000250000',
      endTimeUnixNano: '1773741600012500000',
      attributes: [{ key: 'http.response.status_code', value: { intValue: 503 } }],
      status: { code: 2 },
      links: [expect.objectContaining({ ...span.link })],
    }),
  ]);
  expect(taken[0]!.headers['authorization']).toBe('Bearer secret');
  expect(taken[0]!.body.resourceSpans[0]!.resource.attributes).toEqual(
    expect.arrayContaining([
      { key: 'service.name', value: { stringValue: 'flexledger' } },
      { key: 'service.instance.id', value: { stringValue: 'platform' } },
    ]),
  );
});

it('work on a flow is a span of its session', async () => {
  const traces = exporter();
  const work = {
    flow: 'flow3',
    platform: 'MP',
    referenceId: 'dayAhead-2026-03-16T23:00Z',
  } as const;
  tellFlow({ ...work, step: 'end_execution' });
  tellFlow({ ...work, step: 'start_execution' });
  tellFlow({ ...work, step: 'end_execution' });
  await traces.close();
  expect(spansIn(taken)).toEqual([expect.objectContaining({ name: 'flow3 MP' })]);
});

it('a collector that refuses is told of once, and again when it takes spans', async () => {
  const traces = exporter();
  status = 400;
  tellSpan(span);
  await traces.processor.handle(checkpoint());
  await flushed(() => problems.length > 0);
  status = 200;
  tellSpan(span);
  await traces.close();
  expect(problems).toEqual([
    expect.stringContaining(`${url} does not take them: it answers 400`),
    expect.stringContaining('takes them again; spans that were dropped: 1.'),
  ]);
});

it('a trace is told by every process or by none, and as many as is wished', () => {
  const isSampled = sampler(0.25);
  expect([isSampled('3fffffff'.padEnd(32, '0')), isSampled('40000000'.padEnd(32, '0'))]).toEqual([
    true,
    false,
  ]);
  expect([sampler(1)('f'.repeat(32)), sampler(0)('0'.repeat(31) + '1')]).toEqual([true, false]);
});

function checkpoint(): Parameters<ReturnType<typeof exporter>['processor']['handle']>[0] {
  return { type: 'CheckpointSealed', data: { size: 1, lastPosition: 0 } } as never;
}

async function flushed(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((again) => setTimeout(again, 50));
}
