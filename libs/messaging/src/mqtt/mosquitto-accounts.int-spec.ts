/** A real Mosquitto lets in whom the platform says, and lets each say and hear what the embedded broker would. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, sleep } from '@flexledger/runtime';
import { type MqttClient, connect } from 'mqtt';
import {
  type MosquittoAccounts,
  type NodeAccount,
  keepMosquittoAccounts,
} from './mosquitto-accounts';
import { deviceTopic, sharedDevicesTopic } from './topics';

const PLUGINS = [
  '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/mosquitto_dynamic_security.so',
];
const plugin = PLUGINS.find(existsSync);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin` };
const canInit =
  spawnSync('mosquitto_ctrl', ['--help'], { env, stdio: 'ignore' }).error === undefined;
const why =
  plugin !== undefined && canInit ? '' : ' (skipped: no mosquitto with dynamic security here)';
const run = why === '' ? it : it.skip;

const ADMIN = { username: 'admin', token: 'the admin secret' };
const PLATFORM = { username: 'platform', token: 'the platform secret' };
const CARRIER = { username: 'dso', token: 'the carrier secret' };
const ONE: NodeAccount = { username: 'IT002E60000001', token: 'first of one', enrolments: 1 };
const OTHER: NodeAccount = { username: 'IT002E60000002', token: 'first of other', enrolments: 1 };

let folder: string;
let port: number;
let broker: ChildProcess | undefined;
let accounts: MosquittoAccounts | undefined;
let enrolled: NodeAccount[];
const problems: string[] = [];
const clients: MqttClient[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mosquitto-'));
  port = await freePort();
  enrolled = [ONE];
  problems.length = 0;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true);
  await accounts?.close();
  accounts = undefined;
  broker?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function startMosquitto(): Promise<void> {
  const users = path.join(folder, 'users.json');
  if (!existsSync(users)) {
    const init = ['dynsec', 'init', users, ADMIN.username, ADMIN.token];
    execFileSync('mosquitto_ctrl', init, { env, stdio: 'ignore' });
  }
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `plugin ${plugin}`,
    `plugin_opt_config_file ${users}`,
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(path.join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  const args = ['-c', path.join(folder, 'mosquitto.conf')];
  broker = spawn('mosquitto', args, { env, stdio: 'ignore' });
  while (!(await listens())) await sleep(20);
}

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('connect', () => resolve(Boolean(socket.destroy())));
    socket.once('error', () => resolve(false));
  });
}

function keep(): MosquittoAccounts {
  accounts = keepMosquittoAccounts({
    ...{ host: '127.0.0.1', port, admin: ADMIN, platform: PLATFORM, carriers: [CARRIER] },
    nodes: () => Promise.resolve(enrolled),
    onProblem: (problem) => problems.push(problem),
  });
  return accounts;
}

/** A client that is signed in, with all that it hears. */
async function signedIn(account: { username: string; token: string }, clientId = account.username) {
  const client = connect({
    ...{ host: '127.0.0.1', port, protocol: 'mqtt', clientId, reconnectPeriod: 0 },
    ...{ username: account.username, password: account.token, protocolVersion: 5 },
  });
  clients.push(client);
  const heard: string[] = [];
  client.on('message', (topic) => heard.push(topic));
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return { client, heard };
}

run(
  `lets a node say and hear its own, the DSO send setpoints, the platform all${why}`,
  async () => {
    await startMosquitto();
    await keep().ready;
    await accounts!.give(OTHER);
    const platform = await signedIn(PLATFORM, 'access-layer');
    await platform.client.subscribeAsync('flexledger/+/measurement', { qos: 1 });
    const dso = await signedIn(CARRIER, 'dso-1');
    await dso.client.subscribeAsync('flexledger/+/setpoint/ack', { qos: 1 });
    const one = await signedIn(ONE);
    await one.client.subscribeAsync(deviceTopic(ONE.username, 'setpoint'), { qos: 1 });

    const said = async (client: MqttClient, topic: string): Promise<boolean> =>
      client.publishAsync(topic, '{}', { qos: 1 }).then(
        () => true,
        () => false,
      );
    expect(await said(one.client, deviceTopic(ONE.username, 'measurement'))).toBe(true);
    expect(await said(one.client, deviceTopic(OTHER.username, 'measurement'))).toBe(false);
    expect(await said(one.client, deviceTopic(ONE.username, 'measurementAck'))).toBe(false);
    expect(await said(dso.client, deviceTopic(ONE.username, 'setpoint'))).toBe(true);
    expect(await said(dso.client, deviceTopic(ONE.username, 'measurement'))).toBe(false);
    expect(await said(one.client, deviceTopic(ONE.username, 'setpointAck'))).toBe(true);
    while (dso.heard.length === 0 || one.heard.length === 0) await sleep(10);
    expect([platform.heard, dso.heard, one.heard]).toEqual([
      [deviceTopic(ONE.username, 'measurement')],
      [deviceTopic(ONE.username, 'setpointAck')],
      [deviceTopic(ONE.username, 'setpoint')],
    ]);
    await expect(signedIn({ ...OTHER, token: 'wrong' })).rejects.toThrow(/[Nn]ot authorized/);
    await expect(signedIn(OTHER, ONE.username)).rejects.toThrow();
    expect(problems).toEqual([]);
  },
);

run(`lets instances of the platform divide what nodes say among them${why}`, async () => {
  await startMosquitto();
  await keep().ready;
  // As an older release left it, which knew of no dividing.
  const dynsec = (...args: string[]): void => {
    const as = ['-u', ADMIN.username, '-P', ADMIN.token];
    const at = ['-h', '127.0.0.1', '-p', String(port), ...as, 'dynsec'];
    execFileSync('mosquitto_ctrl', [...at, ...args], { env, stdio: 'ignore' });
  };
  dynsec(...['removeRoleACL', 'flexledger-platform', 'subscribePattern'], '$share/+/flexledger/#');
  await accounts!.close();
  await keep().ready;
  const topic = sharedDevicesTopic('access-layer', 'measurement');
  const platforms = await Promise.all(['1', '2'].map((name) => signedIn(PLATFORM, name)));
  for (const { client } of platforms) await client.subscribeAsync(topic, { qos: 1 });
  const { client } = await signedIn(ONE);
  for (let said = 0; said < 10; said += 1) {
    await client.publishAsync(deviceTopic(ONE.username, 'measurement'), '{}', { qos: 1 });
  }
  const heard = (): number[] => platforms.map((platform) => platform.heard.length);
  while (heard().reduce((sum, each) => sum + each) < 10) await sleep(10);
  expect(heard()).toEqual([5, 5]);
});

run(
  `takes away who is revoked, and gives another node of the PoD another password${why}`,
  async () => {
    await startMosquitto();
    await keep().ready;
    const { client } = await signedIn(ONE);
    const isCut = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const next = { ...ONE, token: 'second of one', enrolments: 2 };
    await accounts!.give(next);
    await isCut;
    await expect(signedIn(ONE)).rejects.toThrow(/[Nn]ot authorized/);
    await signedIn(next);
    await accounts!.remove(ONE.username);
    await expect(signedIn(next)).rejects.toThrow(/[Nn]ot authorized/);
  },
);

run(
  `tells a broker that has lost its disk all of them again, and leaves those that stand${why}`,
  async () => {
    await startMosquitto();
    await keep().ready;
    broker!.kill('SIGKILL');
    rmSync(path.join(folder, 'users.json'));
    await accounts!.give(OTHER);
    enrolled = [ONE, OTHER];
    await startMosquitto();
    for (;;) {
      const there = await signedIn(OTHER).catch(() => undefined);
      if (there) break;
      await sleep(100);
    }
    const { client } = await signedIn(ONE);
    let isCut = false;
    client.once('close', () => (isCut = true));
    await accounts!.close();
    await keep().ready;
    expect(isCut).toBe(false);
  },
);

run(`says what is wrong with a broker that does not let it${why}`, async () => {
  await startMosquitto();
  accounts = keepMosquittoAccounts({
    ...{ host: '127.0.0.1', port, admin: { ...ADMIN, token: 'wrong' }, platform: PLATFORM },
    ...{
      carriers: [],
      nodes: () => Promise.resolve([]),
      onProblem: (problem) => problems.push(problem),
    },
  });
  while (problems.length === 0) await sleep(20);
  expect(problems[0]).toMatch(/The broker at 127\.0\.0\.1:\d+ refuses us: .*[Nn]ot authorized/);
});
