/**
 * A Light Node's own program against a served platform: started with an invitation it enrols, signs in to the
 * broker and measures a meter on Modbus TCP; started again it goes on. The clock is moved by the test.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS, type MeasurementPacket, canonicalJson, localTimeMs } from '@flexledger/domain';
import {
  EnrolmentRefused,
  KeyNotRotated,
  type MeterReading,
  type ModbusServer,
  NodeFolderUnusable,
  type NodeProgram,
  loadMeterModel,
  modbusMeter,
  noEms,
  rotateKey,
  runNode,
  startModbusMeterServer,
} from '@flexledger/edge-node';
import { nodeKeyFrom, verifyMessage } from '@flexledger/identity';
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
let meter: ModbusServer;
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

describe('changes its key', () => {
  const change = (url = market.url) =>
    rotateKey({
      podId: POD,
      folder,
      url,
      clock: market.clock,
      patienceMs: PATIENCE_MS,
      onProblem: (problem) => problems.push(problem),
    });
  const keyKept = (): string =>
    nodeKeyFrom(JSON.parse(readFileSync(path.join(folder, 'node.json'), 'utf8')).privateKey)
      .publicKey;

  /** The platform behind a line that loses answers until it is mended. */
  async function losingLine(): Promise<{ url: string; mend(): void; close(): Promise<void> }> {
    let isMended = false;
    const line = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const answer = await fetch(new URL(request.url!, market.url), {
          method: request.method!,
          headers: { 'content-type': 'application/json' },
          body: Buffer.concat(chunks),
        });
        const text = await answer.text();
        if (!isMended) return request.socket.destroy();
        return response.writeHead(answer.status).end(text);
      })();
    });
    await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
      mend: () => (isMended = true),
      close: () => new Promise((resolve) => void line.close(() => resolve())),
    };
  }

  it('signed by the old one, and measures on with the new one, which the audit follows', async () => {
    await start(await invite());
    await measure('08:45', 250);
    await program!.close();
    const before = keyKept();
    const { publicKey } = await change();
    expect(publicKey).not.toBe(before);
    expect([keyKept(), readdirSync(folder).sort()]).toEqual([publicKey, ['node.json', 'outbox']]);
    await start();
    await measure('09:00', 400);
    const [first, second] = await recorded();
    const isBy = (key: string, { data }: { data: MeasurementPacket }): boolean =>
      verifyMessage(key, canonicalJson(data.inputData), data.signedHash);
    expect([isBy(before, first!), isBy(publicKey, second!)]).toEqual([true, true]);
    expect(problems).toEqual([]);
  });

  it('after all that waits under the old one', async () => {
    await start(await invite());
    reading = { ...reading, withdrawnTotalWh: 250 };
    await market.until('08:45');
    // The platform has not looked at it: it waits without an answer.
    await program!.close();
    const changed = change();
    await market.platform.accessLayer.layer.measurements.collect(1, PATIENCE_MS);
    await changed;
    expect(await recorded()).toHaveLength(1);
  });

  it('not at all while packets have no answer, or while its program runs', async () => {
    await start(await invite());
    await expect(change()).rejects.toThrow('is in use by a node');
    reading = { ...reading, withdrawnTotalWh: 250 };
    await market.until('08:45');
    await program!.close();
    const key = keyKept();
    const { layer } = market.platform.accessLayer;
    await layer.close();
    const patient = { podId: POD, folder, url: market.url, clock: market.clock, patienceMs: 200 };
    const refused = rotateKey({ ...patient, onProblem: (problem) => problems.push(problem) });
    await expect(refused).rejects.toThrow(/keeps its key: 1 packets wait/);
    expect(keyKept()).toBe(key);
  });

  it('when the answer was lost, at its next start', async () => {
    const line = await losingLine();
    await start(await invite());
    await program!.close();
    const before = keyKept();
    await expect(change(line.url)).rejects.toThrow('does not answer');
    // The platform has changed it, and the node cannot know: it signs nothing before it does.
    expect(keyKept()).toBe(before);
    await expect(start()).rejects.toThrow('does not answer');
    line.mend();
    await start();
    expect(keyKept()).not.toBe(before);
    await measure('08:45', 250);
    expect(await recorded()).toHaveLength(1);
    await line.close();
  });

  it('not where nobody heard of it, or the platform refuses it', async () => {
    await start(await invite());
    await program!.close();
    const before = keyKept();
    await expect(change('http://127.0.0.1:1')).rejects.toThrow('does not answer');
    // Its coming and going are told before it is nobody's.
    await market.platform.accessLayer.layer.nodeReports.collect(2, PATIENCE_MS);
    const revocation = await aggregator.post(`/api/v1/nodes/${POD}/revocation`, { reason: 'x' });
    expect(revocation.status).toBe(200);
    await expect(change()).rejects.toThrow(KeyNotRotated);
    expect([keyKept(), readdirSync(folder)]).toEqual([before, ['node.json', 'outbox']]);
  });
});

it('says what is missing: a token, another PoD’s folder, a platform', async () => {
  await expect(start()).rejects.toThrow(
    `No node of PoD ${POD} has enrolled in ${folder}; give the token that its aggregator issues: --token, or platform.tokenFile.`,
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
