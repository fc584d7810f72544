/**
 * A Mosquitto in the place of the embedded broker, with everything else as it is shipped: an invited node enrols, its user
 * stands at the broker when it is answered, and what it says comes in; also after the broker was killed.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, sleep } from '@flexledger/runtime';
import { readClientSecret, repositoryRoot } from '@flexledger/service-kit';
import { stringify } from 'yaml';
import { type BuiltCli, type Running, buildCli } from '../command-line/built-cli';
import { callsOf } from '../testing/http-client';

const PLUGIN = [
  '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
].find(existsSync);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin` };
const canInit =
  PLUGIN !== undefined && spawnSync('mosquitto_ctrl', ['--help'], { env }).error === undefined;
const run = canInit ? it : it.skip;
const why = canInit ? '' : ' (skipped: no mosquitto with dynamic security here)';

const POD = 'IT002E60000001';
let cli: BuiltCli;
let folder: string;
let port: number;
let broker: ChildProcess;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  if (!canInit) return;
  cli = buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-mosquitto-'));
  port = await freePort();
  writeFileSync(inFolder('admin.secret'), 'the admin secret\n', { mode: 0o600 });
  execFileSync(
    'mosquitto_ctrl',
    ['dynsec', 'init', inFolder('users.json'), 'admin', 'the admin secret'],
    { env, stdio: 'ignore' },
  );
  const example = path.join(repositoryRoot(), 'examples/mosquitto/mosquitto.conf');
  const settings = readFileSync(example, 'utf8')
    .replace('8146', String(port))
    .replace(/(?<=^plugin ).*$/m, PLUGIN!)
    .replace('users.json', inFolder('users.json'));
  const asRoot = process.getuid?.() === 0 ? 'user root\n' : '';
  writeFileSync(inFolder('mosquitto.conf'), settings + asRoot);
  startMosquitto();
});
afterAll(() => {
  if (!canInit) return;
  broker.kill('SIGKILL');
  cli.remove();
  rmSync(folder, { recursive: true });
});

function startMosquitto(): void {
  broker = spawn('mosquitto', ['-c', inFolder('mosquitto.conf')], { env, stdio: 'ignore' });
}

run(`lets an invited node in and hears it, over the broker’s end too${why}`, async () => {
  const mqtt = { port, adminTokenFile: inFolder('admin.secret') };
  const config = { dataDir: inFolder('data'), http: { port: 0 }, mqtt };
  writeFileSync(inFolder('flexledger.yaml'), stringify(config));
  const up = cli.start('up', '--config', inFolder('flexledger.yaml'));
  const url = await up.url;
  const as = (clientId: string) =>
    callsOf(url, clientId, readClientSecret(config.dataDir, clientId));
  const operator = as('operator');
  await operator.post('/api/v1/parties', { party: 'aggregator:ALFA', name: 'Alfa' });
  const client = { clientId: 'alfa', party: 'aggregator:ALFA' };
  const { body: made } = await operator.post('/api/v1/clients', client);
  const alfa = callsOf(url, 'alfa', made.secret);
  const pod = {
    ...{ podId: POD, aggregatorId: 'ALFA', customerKind: 'household', contractedPowerW: 4_500 },
    ...{ annualEnergyKwh: 4_000, pvPeakW: 0, wallet: `0x${'1'.repeat(40)}` },
  };
  expect((await alfa.post('/api/v1/pods', pod)).status).toBe(201);
  const { body: invited } = await alfa.post(`/api/v1/nodes/${POD}/enrolment-token`, {});
  const node: Running = cli.start(
    ...['node', 'run', POD, '--url', url, '--token', invited.token, '--simulate', '500'],
    ...['--power-every', '1', '--folder', inFolder('node')],
  );
  /** When the node has told its power last; empty before it did. */
  const lastTold = async (): Promise<string> =>
    (await alfa.get('/api/v1/power')).body.items[0]?.at ?? '';
  const tellsAfter = async (instant: string): Promise<void> => {
    while ((await lastTold()) <= instant) await sleep(200);
  };
  await tellsAfter('');
  broker.kill('SIGKILL');
  const killedAt = new Date().toISOString();
  startMosquitto();
  await tellsAfter(killedAt);
  node.kill('SIGTERM');
  up.kill('SIGTERM');
  expect((await Promise.all([node.ended, up.ended])).map(({ code }) => code)).toEqual([0, 0]);
});
