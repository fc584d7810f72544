/**
 * A Light Node's own program against a served platform: started with an invitation it enrols, signs in to the
 * broker and measures a meter on Modbus TCP; started again it goes on. The clock is moved by the test.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS, type MeasurementPacket, canonicalJson, localTimeMs } from '@flexledger/domain';
import {
  EnrolmentRefused,
  type MeterReading,
  type ModbusMeterServer,
  NodeFolderUnusable,
  type NodeProgram,
  loadMeterModel,
  modbusMeter,
  noEms,
  runNode,
  startModbusMeterServer,
} from '@flexledger/edge-node';
import { verifyMessage } from '@flexledger/identity';
import { type EmptyMarket, TODAY, openEmptyMarket } from './testing/empty-market';
import { type Calls, callsOf } from './testing/http-client';

const POD = 'IT002E60000001';
const PATIENCE_MS = 20_000;
/** Quarter-hours since 1970 when it starts. */
const FIRST = localTimeMs(TODAY, 0, '08:30', 'Europe/Rome') / MTU_MS;
const SERIAL = '20E5N2000123456';
const model = loadMeterModel('abb-b23');

let market: EmptyMarket;
let aggregator: Calls;
let meter: ModbusMeterServer;
let reading: MeterReading;
let folder: string;
let program: NodeProgram | undefined;
const problems: string[] = [];

beforeEach(async () => {
  market = await openEmptyMarket(2);
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'flexledger-node-')), 'node');
  reading = { withdrawnTotalWh: 0, injectedTotalWh: 0, reactiveTotalVarh: 0, powerW: 0 };
  meter = await startModbusMeterServer({ model, port: 0, unitId: 1, reading: () => reading });
  problems.length = 0;
  const { administrator, url } = market;
  await administrator.post('/api/v1/parties', { party: 'aggregator:ALFA', name: 'Alfa' });
  const client = { clientId: 'alfa', party: 'aggregator:ALFA' };
  aggregator = callsOf(
    url,
    'alfa',
    (await administrator.post('/api/v1/clients', client)).body.secret,
  );
  const pod = {
    podId: POD,
    aggregatorId: 'ALFA',
    customerKind: 'household',
    contractedPowerW: 4_500,
    annualEnergyKwh: 4_000,
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  };
  expect((await aggregator.post('/api/v1/pods', pod)).status).toBe(201);
});
afterEach(async () => {
  await program?.close();
  program = undefined;
  await meter.close();
  await market.platform.accessLayer.layer.nodeReports.flush();
  await market.remove();
  rmSync(path.dirname(folder), { recursive: true });
});

const invite = async (wish: object = {}): Promise<string> =>
  (await aggregator.post(`/api/v1/nodes/${POD}/enrolment-token`, wish)).body.token;

async function start(token?: string, podId = POD): Promise<NodeProgram> {
  const { host, port } = meter;
  program = await runNode({
    podId,
    folder,
    ...(token === undefined ? {} : { invitation: { url: market.url, token } }),
    meter: modbusMeter({ model, host, port, unitId: 1, timeoutMs: 5_000 }),
    meterDriver: 'modbusTcp',
    meterSerialNumber: SERIAL,
    ems: noEms,
    clock: market.clock,
    timers: market.clock,
    onProblem: (problem) => problems.push(problem),
  });
  await program.node.ready;
  return program;
}

/** The next quarter-hour ends, in which so much is drawn; its packet is recorded. */
async function measure(endsAt: string, withdrawnTotalWh: number): Promise<void> {
  const { collect } = market.platform.accessLayer.layer.measurements;
  reading = { ...reading, withdrawnTotalWh };
  await market.until(endsAt);
  await collect(1, PATIENCE_MS);
  await program!.node.whenAcknowledged();
}

async function recorded(): Promise<{ data: MeasurementPacket }[]> {
  const found = [];
  const filter = { types: ['MeasurementRecorded'] };
  for await (const event of market.platform.store.readAll({ filter })) found.push(event);
  return found as unknown as { data: MeasurementPacket }[];
}

it('enrols from its invitation, and its first signed measurement is in the log', async () => {
  const { broker, hasEnrolled } = await start(await invite());
  expect(hasEnrolled).toBe(true);
  const { host, port } = market.platform.broker;
  expect(broker).toMatchObject({ host, port });
  await measure('08:45', 250);
  const { body: node } = await aggregator.get(`/api/v1/nodes/${POD}`);
  expect(node).toMatchObject({ status: 'enrolled', meterSerialNumber: SERIAL });
  const [measurement, ...others] = await recorded();
  expect(others).toEqual([]);
  const { inputData, signedHash } = measurement!.data;
  expect(inputData).toMatchObject({
    podId: POD,
    sequence: FIRST,
    mtuStart: new Date(localTimeMs(TODAY, 0, '08:30', 'Europe/Rome')).toISOString(),
    withdrawnWh: 250,
  });
  expect(verifyMessage(node.publicKey, canonicalJson(inputData), signedHash)).toBe(true);
  expect(problems).toEqual([]);
});

it('keeps key and credentials for itself, and goes on with them when it is started again', async () => {
  const token = await invite();
  await start(token);
  await measure('08:45', 250);
  await program!.close();
  expect(statSync(path.join(folder, 'node.json')).mode & 0o777).toBe(0o600);
  // The same command, with an invitation that is used up, and the command without it.
  for (const [again, end, wh] of [
    [token, '09:00', 400],
    [undefined, '09:15', 700],
  ] as const) {
    expect(await start(again)).toMatchObject({ hasEnrolled: false });
    await measure(end, wh);
    await program!.close();
  }
  const measured = (await recorded()).map(({ data: { inputData } }) => inputData);
  expect(measured.map(({ sequence, withdrawnWh }) => [sequence, withdrawnWh])).toEqual([
    [FIRST, 250],
    [FIRST + 1, 150],
    [FIRST + 2, 300],
  ]);
});

it('measures on where another box, whose folder is gone, has measured before', async () => {
  await start(await invite());
  await measure('08:45', 250);
  await program!.close();
  rmSync(folder, { recursive: true });
  await start(await invite({ replaces: true }));
  await measure('09:00', 400);
  expect((await recorded()).map(({ data }) => data.inputData.withdrawnWh)).toEqual([250, 150]);
});

it('takes its own place with an invitation that replaces; one that is refused changes nothing', async () => {
  await start(await invite());
  await program!.close();
  await expect(start('guessed')).rejects.toThrow(EnrolmentRefused);
  expect(await start()).toMatchObject({ hasEnrolled: false });
  await program!.close();
  expect(await start(await invite({ replaces: true }))).toMatchObject({ hasEnrolled: true });
  await measure('08:45', 250);
  expect(await recorded()).toHaveLength(1);
});

it('says what is missing: an invitation, another PoD’s folder, a platform', async () => {
  await expect(start()).rejects.toThrow(
    `No node of PoD ${POD} has enrolled in ${folder}; give the invitation that its aggregator issues.`,
  );
  await start(await invite());
  await program!.close();
  await expect(start(undefined, 'IT002E60000002')).rejects.toThrow(NodeFolderUnusable);
});

it('leaves a quarter-hour out that nobody has seen end', async () => {
  await start(await invite());
  const asleepUntilMs = localTimeMs(TODAY, 0, '08:50', 'Europe/Rome');
  market.clock.setTo(asleepUntilMs);
  reading = { ...reading, withdrawnTotalWh: 500 };
  await market.until('09:00');
  expect(problems.join('\n')).toContain('ended 300 s ago, so it is not measured');
  expect(await recorded()).toEqual([]);
});
