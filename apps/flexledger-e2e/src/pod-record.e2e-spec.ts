/**
 * The record of a PoD (D2.4 table 3) from an aggregator to everybody else, on what `up` serves on an empty
 * folder: registered by REST, located by the DSO by itself, told whole to the TSO's own address, and read
 * again field by field from its events, from REST and from the exported files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { civilDay, deliveryDay, addDays } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import { type BuiltCli, type Running, buildCli } from './command-line/built-cli';
import { type CallAs, callAs } from './testing/http-client';

interface Told {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

const podId = 'IT002E60000001';
const ROME = 'Europe/Rome';
const DAY = addDays(civilDay(Date.now(), ROME), 2);
const { mtuCount } = deliveryDay(DAY, ROME);
const connection = {
  zone: 'Rome',
  voltageLevel: 'LV',
  withdrawalLimitW: 6_600,
  feedInLimitW: 3_000,
  inductiveLimitVar: 1_250,
  capacitiveLimitVar: 500,
  flexibilityType: 'continuous',
  smartContractId: '0x00000000000000000000000000000000000000c1',
  meterSerialNumber: '20E5N2000123456',
  meterGeneration: 2,
  storageW: 2_000,
  storageWh: 8_000,
  evChargerW: 7_400,
  cogenerationW: 0,
};
const details = {
  aggregatorId: 'AGG1',
  customerKind: 'household',
  contractedPowerW: 6_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 3_000,
  wallet: '0x00000000000000000000000000000000000000aa',
  connection,
};
const curve = Array.from({ length: 96 }, (_, quarter) => 10 * quarter);
const flexibility = { upW: curve, downW: 500, upVar: 250, downVar: curve.toReversed() };
const baseline = {
  baselineW: Array.from({ length: mtuCount }, (_, mtu) => 1_000 + mtu),
  baselineVar: Array.from({ length: mtuCount }, (_, mtu) => mtu - 40),
};

let cli: BuiltCli;
let folder: string;
let dataDir: string;
let up: Running;
let as: CallAs;
let receiver: Server;
const told: Told[] = [];

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-record-'));
  dataDir = path.join(folder, 'data');
  receiver = createServer((asked, answer) => {
    let body = '';
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
    asked.on('end', () => {
      told.push(JSON.parse(body) as Told);
      answer.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const config = path.join(folder, 'flexledger.yaml');
  writeFileSync(config, 'webhooks:\n  reach: loopback\n');
  const ports = ['--port', '0', '--mqtt-port', '0'];
  up = cli.start('up', '--config', config, '--data', dataDir, ...ports);
  as = callAs(await up.url, dataDir);
}, 90_000);
afterAll(async () => {
  cli.remove();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 100 });
});

/** What the TSO's address was told of a type, once there is so much; the test's own time is the limit. */
async function toldOf(type: string, count = 1): Promise<Told[]> {
  for (;;) {
    const of = told.filter((one) => one.type === `flexledger.${type}`);
    if (of.length >= count) return of;
    await sleep(50);
  }
}
async function exported(dataset: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await cli.run('export', dataset, '--json', '--data', dataDir);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout) as Record<string, unknown>[];
}
const kilo = (values: readonly number[]): number[] => values.map((value) => value / 1_000);
const allDay = (value: number): number[] => new Array<number>(96).fill(value);

it('a new PoD is located without a hand, and the TSO’s address is called with the whole record', async () => {
  const { port } = receiver.address() as AddressInfo;
  const types = ['PodLocated', 'PodDetailsChanged', 'FlexibilityDeclared', 'BaselineDeclared'];
  const asked = { url: `http://127.0.0.1:${port}/register`, types };
  expect((await as('tso').post('/api/v1/webhooks', asked)).status).toBe(201);
  const registered = await as('aggregator:AGG1').post('/api/v1/pods', { podId, ...details });
  expect(registered.status).toBe(201);
  const [located] = await toldOf('PodLocated');
  expect(located!.data).toEqual({
    podId,
    gridId: 'ieee33',
    busId: expect.any(String),
    pom: expect.any(String),
    podRecord: { ...details, flexibility: null, services: [] },
  });
  const { body } = await as('dso').get(`/api/v1/pods/${podId}`);
  const { busId, pom } = located!.data;
  expect(body).toMatchObject({ details, busId, pom });
}, 60_000);

it('each change reaches it too, a change of details with the place', async () => {
  const aggregator = as('aggregator:AGG1');
  const pod = `/api/v1/pods/${podId}`;
  for (const [route, change] of [
    [pod, { ...details, pvPeakW: 3_500 }],
    [`${pod}/flexibility`, flexibility],
    [`${pod}/baselines/${DAY}`, { ...baseline, origin: 'byHand' }],
  ] as const) {
    const { status, body } = await aggregator.put(route, change);
    expect([status, body]).toEqual([200, { podId, changed: true }]);
  }
  const [located] = await toldOf('PodLocated');
  const { gridId, busId, pom } = located!.data;
  const [changed] = await toldOf('PodDetailsChanged');
  expect(changed!.data).toEqual({
    podId,
    ...details,
    pvPeakW: 3_500,
    location: { gridId, busId, pom },
  });
  expect((await toldOf('FlexibilityDeclared'))[0]!.data).toEqual({ podId, ...flexibility });
  const declared = { podId, deliveryDay: DAY, ...baseline, origin: 'byHand' };
  expect((await toldOf('BaselineDeclared'))[0]!.data).toEqual(declared);
}, 30_000);

it('a place that the DSO’s model does not have is refused', async () => {
  const elsewhere = { gridId: 'ieee33', busId: '18', pom: 'NOWHERE' };
  const { status, body } = await as('dso').put(`/api/v1/pods/${podId}/location`, elsewhere);
  expect([status, body.code]).toEqual([422, 'location-unmatched']);
});

it('field by field, what was sent stands in REST, in its own names and in those of table 3', async () => {
  const operator = as('operator');
  const { body: pod } = await operator.get(`/api/v1/pods/${podId}`);
  const { sentAt, validFrom } = pod.lastChange as { sentAt: string; validFrom: string };
  expect(pod).toMatchObject({ podId, details: { ...details, pvPeakW: 3_500 }, flexibility });
  expect(pod.lastChange.action).toBe('modify');
  const { body: ofDay } = await operator.get(`/api/v1/pods/${podId}/baselines/${DAY}`);
  expect(ofDay).toMatchObject({ podId, deliveryDay: DAY, ...baseline, earlier: [] });
  const { body: platone } = await operator.get(`/api/v1/pods/${podId}/platone?day=${DAY}`);
  expect(platone).toEqual({
    podId,
    aggregatorId: 'AGG1',
    zone: 'Rome',
    poMId: pod.pom,
    pnP: 6.6,
    inp: 3,
    inq: 1.25,
    cnq: 0.5,
    sendTime: sentAt,
    validityStart: validFrom,
    flexibilityType: 'continue',
    actionType: 'modify',
    smartContractId: connection.smartContractId,
    powerCurvesDuration: 24,
    powerCurveInterval: 15,
    powerBaselineCurves: {
      deliveryDay: DAY,
      p: kilo(baseline.baselineW),
      q: kilo(baseline.baselineVar),
    },
    maxFlexibility: {
      up: { p: kilo(curve), q: allDay(0.25) },
      down: { p: allDay(0.5), q: kilo(curve.toReversed()) },
    },
    wallet: details.wallet,
  });
  expect(await exported('platone-pods')).toEqual([platone]);
  const other = await operator.get(`/api/v1/pods/${podId}/baselines/${addDays(DAY, 1)}`);
  expect([other.status, other.body.code]).toEqual([404, 'baseline-unknown']);
  const { body: without } = await operator.get(
    `/api/v1/pods/${podId}/platone?day=${addDays(DAY, 1)}`,
  );
  expect(without.powerBaselineCurves).toBeNull();
}, 30_000);

it('and in the exported files', async () => {
  const [pod, ...none] = await exported('pods');
  expect(none).toEqual([]);
  const { connection: _, ...own } = details;
  expect(pod).toMatchObject({
    podId,
    ...own,
    pvPeakW: 3_500,
    ...connection,
    upW: 950,
    downW: 500,
    upVar: 250,
    downVar: 950,
    upCurveW: curve,
    downCurveW: null,
    upCurveVar: null,
    downCurveVar: curve.toReversed(),
  });
  const rows = await exported('baselines');
  expect(rows.map(({ mtu, baselineW, baselineVar }) => [mtu, baselineW, baselineVar])).toEqual(
    baseline.baselineW.map((watts, mtu) => [mtu, watts, baseline.baselineVar[mtu]]),
  );
  expect(rows[0]).toMatchObject({ podId, deliveryDay: DAY, origin: 'byHand' });
}, 30_000);

it('its baseline is nobody else’s to declare, not even the operator’s', async () => {
  const route = `/api/v1/pods/${podId}/baselines/${DAY}`;
  for (const [actor, reason] of [
    ['operator', `to declareBaseline of PoD ${podId}; only its own aggregator has.`],
    ['dso', 'pods:write'],
    ['tso', 'pods:write'],
  ] as const) {
    const { status, body } = await as(actor).put(route, { ...baseline, origin: 'byHand' });
    expect([actor, status, body.detail]).toEqual([actor, 403, expect.stringContaining(reason)]);
  }
});
