/**
 * The ready configurations, all started by their script: what an aggregator tells the market reaches the DSO
 * by its mirror and comes back by its answer; what a Light Node tells the access layer reaches the market by its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS } from '@flexledger/domain';
import {
  loadMeterModel,
  modbusMeter,
  noEms,
  runNode,
  startModbusMeterServer,
} from '@flexledger/edge-node';
import { VirtualClock, sleep, wallClock } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { parse } from 'yaml';
import { type Calls, callAs } from '../testing/http-client';
import { allEvents } from '../testing/own-events';
import { type BuiltCli, buildCli } from './built-cli';

const EXAMPLES = path.join(repositoryRoot(), 'examples');
const POD = 'IT002E60000001';
/** Another one for each process of tests that runs at a time. */
const FIRST_PORT = 20_000 + (process.pid % 300) * 100;
const ORGANISATIONS = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''));

let cli: BuiltCli;
let folder: string;
let script: ChildProcess;
let told = '';

function urlOf(name: string): string {
  const config = parse(readFileSync(path.join(folder, `${name}.yaml`), 'utf8')) as {
    http: { port: number };
  };
  return `http://127.0.0.1:${config.http.port}`;
}
/** A party's calls to an organisation. */
const at = (name: string, party: string): Calls =>
  callAs(urlOf(name), path.join(folder, name))(party);

/** Six organisations take a minute to start where others work beside them: what ends the wait is that the script ends. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_500 && script.exitCode === null; tries += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(100);
  }
  throw new Error(`${what}: it never came to it.\n${told}`);
}

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-examples-'));
  const start = path.join(EXAMPLES, 'start-all.mjs');
  script = spawn(process.execPath, [start, folder, String(FIRST_PORT), cli.main]);
  for (const stream of [script.stdout!, script.stderr!]) {
    stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
  }
});
afterAll(async () => {
  if (script.exitCode === null) {
    const ended = new Promise((resolve) => script.once('close', resolve));
    script.kill('SIGTERM');
    await ended;
  }
  cli.remove();
  rmSync(folder, { recursive: true });
});

it('all of them are ready', async () => {
  expect(ORGANISATIONS).toEqual([
    'access-layer',
    'aggregator',
    'dso',
    'market-operator',
    'regulator',
    'tso',
  ]);
  for (const name of ORGANISATIONS) {
    await until(name, async () => (await fetch(`${urlOf(name)}/health/ready`)).ok);
  }
});

it('a customer that the aggregator registers is located by the DSO, and known in every log', async () => {
  const pod = {
    podId: POD,
    aggregatorId: 'AGG1',
    customerKind: 'household',
    contractedPowerW: 4_500,
    annualEnergyKwh: 4_000,
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  };
  const market = at('market-operator', 'aggregator:AGG1');
  expect((await market.post('/api/v1/pods', pod)).status).toBe(201);
  await until('located', async () => {
    const { body } = await market.get(`/api/v1/pods/${POD}`);
    return (body as { busId: string | null }).busId !== null;
  });
  for (const name of ['aggregator', 'regulator', 'dso', 'tso']) {
    await until(`${name} knows`, async () => {
      const events = await allEvents(at(name, 'operator'));
      return ['PodRegistered', 'PodLocated', 'SessionScheduled'].every((type) =>
        events.some((event) => event.type === `flexledger.${type}`),
      );
    });
  }
  const { body } = await at('aggregator', 'aggregator:AGG1').get('/api/v1/portfolio');
  expect((body as { items: { podId: string }[] }).items).toMatchObject([{ podId: POD }]);
});

it('what a Light Node measures reaches the market by the log of the access layer', async () => {
  const clock = new VirtualClock(Math.floor(wallClock.nowMs() / MTU_MS - 2) * MTU_MS);
  const layer = at('access-layer', 'aggregator:AGG1');
  // It hears of PoDs by its mirror.
  await until('known to the access layer', async () =>
    (await allEvents(at('access-layer', 'operator'))).some(
      ({ type }) => type === 'flexledger.PodLocated',
    ),
  );
  const { body } = await layer.post(`/api/v1/nodes/${POD}/enrolment-token`, {});
  const { token } = body as { token: string };
  const model = loadMeterModel('abb-b23');
  let withdrawnTotalWh = 0;
  const reading = () => ({
    withdrawnTotalWh,
    injectedTotalWh: 0,
    reactiveTotalVarh: 0,
    powerW: 0,
  });
  const meter = await startModbusMeterServer({ model, port: 0, unitId: 1, reading });
  const { host, port } = meter;
  const program = await runNode({
    podId: POD,
    folder: path.join(folder, 'node'),
    invitation: { url: urlOf('access-layer'), token },
    meter: modbusMeter({ model, host, port, unitId: 1, timeoutMs: 5_000 }),
    meterDriver: 'modbusTcp',
    meterSerialNumber: '20E5N2000123456',
    ems: noEms,
    clock,
    timers: clock,
    onProblem: (problem) => (told += `node: ${problem}\n`),
  });
  try {
    await program.node.ready;
    // Of the first one nobody may have read the beginning.
    await clock.advanceTo(clock.nowMs() + MTU_MS);
    withdrawnTotalWh = 250;
    await clock.advanceTo(clock.nowMs() + MTU_MS);
    const asked = { podIds: [POD], fromMs: clock.nowMs() - MTU_MS, untilMs: clock.nowMs() };
    const market = at('market-operator', 'aggregator:AGG1');
    await until('measured', async () => {
      const { body: answer } = await market.post('/api/v1/measurements/query', asked);
      return (answer as { items: { withdrawnWh: number }[][] }).items[0]![0]!.withdrawnWh === 250;
    });
  } finally {
    await program.close();
    await meter.close();
  }
});

it('nobody noticed anything that speaks against another', async () => {
  for (const name of ORGANISATIONS) {
    const alarms = (await allEvents(at(name, 'operator'))).filter(
      ({ type }) => type === 'flexledger.MirrorAlarmRaised',
    );
    expect([name, alarms]).toEqual([name, []]);
  }
});

it.each([
  ['regulator', 'market', 'market-operator'],
  ['dso', 'market', 'market-operator'],
  ['aggregator', 'market', 'market-operator'],
  ['market-operator', 'dso', 'dso'],
  ['market-operator', 'access-layer', 'access-layer'],
  ['dso', 'access-layer', 'access-layer'],
])('the log of %s says what that of %s says', async (name, mirror, other) => {
  const against = `${mirror}=${path.join(folder, other)}`;
  const { code, stdout } = await cli.run(
    ...['audit', '--data', path.join(folder, name), '--against', against],
  );
  expect(stdout).toContain('Both say the same.');
  expect(code).toBe(0);
});

it('the market’s log holds by itself, with what the DSO showed it', async () => {
  const data = path.join(folder, 'market-operator');
  // Sealed once a minute, and not before there is something.
  const checkpoint = async () =>
    (await fetch(`${urlOf('market-operator')}/api/v1/log/checkpoint`)).text();
  let sealed = await checkpoint();
  for (const until = Date.now() + 240_000; sealed.startsWith('{') && Date.now() < until;) {
    await sleep(500);
    sealed = await checkpoint();
  }
  expect(sealed).toMatch(/^market-operator\.example\n/);
  const { stdout } = await cli.run('audit', '--all', '--data', data, '--json');
  const { checks } = JSON.parse(stdout) as { checks: { name: string; failures: object[] }[] };
  expect(
    checks.flatMap(({ name, failures }) => (failures.length ? [[name, failures]] : [])),
  ).toEqual([]);
});
