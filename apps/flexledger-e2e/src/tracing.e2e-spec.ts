/**
 * What `up` tells a collector of OpenTelemetry: a Light Node’s packet is one trace, from its signature to the chain; a
 * request is the parent of what it led to, and linked with the trace of who asked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS } from '@flexledger/domain';
import { type NodeProgram, noEms, runNode } from '@flexledger/edge-node';
import { VirtualClock, sleep } from '@flexledger/runtime';
import request from 'supertest';
import { type BuiltCli, buildCli } from './command-line/built-cli';
import { type ServedAggregator, serveAggregator } from './nodes/served-aggregator';
import { callAs } from './testing/http-client';

/** A span as OTLP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string }[];
}

const POD = 'IT002E60000001';
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

let cli: BuiltCli;
let folder: string;
let collector: Server;
let dataDir: string;
let served: ServedAggregator;
let node: NodeProgram | undefined;
const spans: Span[] = [];

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.end('{}');
    });
  });
  await new Promise<void>((ready) => collector.listen(0, '127.0.0.1', ready));
  const { port } = collector.address() as AddressInfo;
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-tracing-'));
  dataDir = path.join(folder, 'market');
  served = await serveAggregator(cli, {
    dataDir,
    mqtt: { port: 0 },
    certifier: { sealEverySeconds: 1 },
    tracing: { otlpUrl: `http://127.0.0.1:${port}/v1/traces` },
  });
});
afterAll(async () => {
  await node?.close();
  served.running.kill('SIGTERM');
  await served.running.ended;
  collector.close();
  cli.remove();
  rmSync(folder, { recursive: true });
});

/** The span that a condition holds for, once it has come. */
async function spanOf(isIt: (span: Span) => boolean): Promise<Span> {
  for (let asked = 0; asked < 300; asked += 1) {
    const found = spans.find(isIt);
    if (found) return found;
    await sleep(100);
  }
  throw new Error(`it has not come, but ${[...new Set(spans.map(({ name }) => name))].join(', ')}`);
}

it('a request is the parent of its events, up to their anchor, and linked with the trace of who asked', async () => {
  const administrator = callAs(served.url, dataDir)('operator');
  const party = { party: 'aggregator:BETA', name: 'Beta' };
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
  const { status } = await administrator.post('/api/v1/parties', party, { traceparent });
  expect(status).toBe(201);
  const asked = await spanOf(
    ({ name, links }) => name === 'POST /api/v1/parties' && links?.length === 1,
  );
  expect(asked.links).toEqual([expect.objectContaining(CALLER)]);
  const { traceId, spanId, name } = await spanOf((span) => span.parentSpanId === asked.spanId);
  expect({ traceId, name }).toEqual({ traceId: asked.traceId, name: 'PartyRegistered' });
  const anchored = await spanOf((span) => span.name === 'anchored' && span.parentSpanId === spanId);
  expect(anchored.traceId).toBe(traceId);
});

it('a request that only asks is a span of the caller’s own trace', async () => {
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
  await request(served.url).get('/health/ready').set({ traceparent }).expect(200);
  const asked = await spanOf(({ name }) => name === 'GET /health/ready');
  expect(asked).toMatchObject({ traceId: CALLER.traceId, parentSpanId: CALLER.spanId });
});

it('a packet is one trace, from the node to the anchor', async () => {
  await served.addPod(POD);
  const { url } = served;
  const token = await served.invite(POD);
  // The quarter-hour that has just ended, lived through by the node in a moment.
  const endMs = Math.floor(Date.now() / MTU_MS) * MTU_MS;
  const clock = new VirtualClock(endMs - MTU_MS);
  let withdrawnTotalWh = 0;
  const reading = { injectedTotalWh: 0, reactiveTotalVarh: 0, powerW: 0 };
  const problems: string[] = [];
  node = await runNode({
    podId: POD,
    folder: path.join(folder, 'node'),
    invitation: { url, token },
    meter: { read: async () => ({ ...reading, withdrawnTotalWh }), close: async () => {} },
    meterDriver: 'modbusTcp',
    meterSerialNumber: '20E5N2000123456',
    ems: noEms,
    clock,
    timers: clock,
    onProblem: (problem) => problems.push(problem),
  });
  await node.node.ready;
  withdrawnTotalWh = 250;
  await clock.advanceTo(endMs, async () => {});
  await node.node.whenAcknowledged();
  expect(problems).toEqual([]);

  const recorded = await spanOf(({ name }) => name === 'MeasurementRecorded');
  const anchored = await spanOf((span) => span.parentSpanId === recorded.spanId);
  expect(anchored).toMatchObject({ name: 'anchored', traceId: recorded.traceId });
  const before = spans.filter(({ traceId }) => traceId === recorded.traceId);
  expect(before.map(({ name }) => name).sort()).toEqual(['MeasurementRecorded', 'anchored']);
});
