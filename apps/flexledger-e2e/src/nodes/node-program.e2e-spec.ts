/**
 * `flexledger-node` as it is shipped, against a served platform: it enrols by its configuration, has a meter and an EMS
 * as devices of their own, is small, and what it has signed stands in the log once, whatever dies. The clock leaps.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS, podIdOf } from '@flexledger/domain';
import { seededHousehold } from '@flexledger/edge-node';
import { isoFromMs, sleep, wallClock } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { stringify } from 'yaml';
import { type BuiltCli, type RunningNode, buildCli } from '../command-line/built-cli';
import { LEAPT_MTU_MS, type LeapingClock, leapingClock } from './leaping-clock';
import { type ServedAggregator, packetsInLog, serveAggregator } from './served-aggregator';

const POD = podIdOf(0);
const FLEET = [1, 2, 3, 4, 5].map(podIdOf);
const BACKLOG = 20;
const DAY_MS = 86_400_000;
const MEGABYTE = 1024 * 1024;
const MOVED_W = 1_000;
const onLinux = process.platform === 'linux' ? it : it.skip;

let cli: BuiltCli;
let folder: string;
let dataDir: string;
let aggregator: ServedAggregator;
let clock: LeapingClock;
let node: RunningNode | undefined;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-program-'));
  dataDir = inFolder('data');
  const dayAgoMs = wallClock.nowMs() - DAY_MS;
  clock = leapingClock(folder, Math.floor(dayAgoMs / MTU_MS) * MTU_MS);
  aggregator = await serveAggregator(cli, { dataDir, mqtt: { port: 0 } }, clock.environment);
  await aggregator.addPod(POD);
  writeFileSync(inFolder('token'), `${await aggregator.invite(POD)}\n`);
  const platform = { url: aggregator.url, tokenFile: inFolder('token') };
  const config = { podId: POD, folder: inFolder('node'), platform, powerEverySeconds: 1 };
  writeFileSync(inFolder('node.yaml'), stringify(config));
});
afterAll(async () => {
  aggregator.running.kill('SIGTERM');
  expect((await aggregator.running.ended).code).toBe(0);
  cli.remove();
  rmSync(folder, { recursive: true });
});

const startNode = (...more: string[]): RunningNode =>
  (node = cli.startNode(clock.environment, '--config', inFolder('node.yaml'), '--json', ...more));

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(200);
}

const recordedOf = async (podId: string) =>
  (await packetsInLog(dataDir)).recorded.filter((input) => input.podId === podId);

/** Numbers of the processes that one has started. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

/** What a process has in memory, and had at most, bytes. */
function memoryOf(pid: number): { readonly nowBytes: number; readonly mostBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1_024;
  return { nowBytes: of('VmRSS'), mostBytes: of('VmHWM') };
}

onLinux(
  'measures in under 100 MB, by Modbus TCP, with meter and EMS in processes of their own',
  async () => {
    startNode('--simulate');
    const said = await node!.said('connectedTo');
    const [first] = said.split('\n');
    expect(JSON.parse(first!)).toMatchObject({ podId: POD, hasEnrolled: true });
    expect(childrenOf(node!.pid).map((pid) => commandOf(pid).replace(/^.* device /, ''))).toEqual(
      expect.arrayContaining(['meter ', 'ems ']),
    );
    await until(async () => (await recordedOf(POD)).length >= 3);
    const { nowBytes, mostBytes } = memoryOf(node!.pid);
    const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);
    process.stdout.write(
      `The node's memory: ${inMegabytes(nowBytes)} MB, at most ${inMegabytes(mostBytes)} MB.\n`,
    );
    expect(mostBytes).toBeLessThan(100 * MEGABYTE);
  },
);

onLinux('has the EMS follow a setpoint, which the meter then shows', async () => {
  const startMs = Math.ceil(clock.nowMs() / MTU_MS + 2) * MTU_MS;
  const windowStart = isoFromMs(startMs);
  // As far from what its household would draw as it can well be moved.
  const { naturalAt } = seededHousehold(POD);
  const targetW = [startMs, startMs + MTU_MS].map((mtu) => naturalAt(mtu).powerW + MOVED_W);
  const setpoint = { podId: POD, windowStart, targetW, targetVar: [null, null] };
  const { status, body } = await aggregator.calls.post('/api/v1/setpoints', {
    setpoints: [setpoint],
  });
  expect([status, body.detail]).toEqual([202, undefined]);
  const at = `/api/v1/setpoints/${POD}/${windowStart}`;
  await until(async () => (await aggregator.calls.get(at)).body.status === 'applied');
  const inWindow = async () =>
    (await recordedOf(POD)).find(({ mtuStart }) => mtuStart === windowStart);
  await until(async () => (await inWindow()) !== undefined);
  const measured = (await inWindow())!;
  const meanW = 4 * (measured.withdrawnWh - measured.injectedWh);
  // Its EMS has an error of about 100 W.
  expect(Math.abs(meanW - targetW[0]!)).toBeLessThan(MOVED_W / 2);
});

onLinux('goes on when its meter or its EMS dies, and its counters do', async () => {
  const before = (await recordedOf(POD)).at(-1)!;
  for (const pid of childrenOf(node!.pid)) process.kill(pid, 'SIGKILL');
  await node!.complained('the simulated meter ended (SIGKILL) and is started again');
  await until(async () => (await recordedOf(POD)).at(-1)!.sequence >= before.sequence + 2);
  const { recorded, refused } = await packetsInLog(dataDir);
  expect(refused).toEqual([]);
  const totals = recorded.map(({ withdrawnTotalWh }) => withdrawnTotalWh);
  expect(totals).toEqual(totals.toSorted((one, other) => one - other));
});

onLinux(
  'takes its devices with it when it is killed, and each packet stands in the log once',
  async () => {
    const devices = childrenOf(node!.pid);
    node!.kill('SIGKILL');
    await node!.ended;
    await until(() => devices.every((pid) => !commandOf(pid).includes(' device ')));
    const count = (await recordedOf(POD)).length;
    rmSync(inFolder('token'));
    startNode('--simulate');
    expect(await node!.said('hasEnrolled')).toContain('"hasEnrolled":false');
    await until(async () => (await recordedOf(POD)).length >= count + 2);
    node!.kill('SIGTERM');
    expect((await node!.ended).code).toBe(0);
    const sequences = (await recordedOf(POD)).map(({ sequence }) => sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
  },
);

it('runs a fleet in one process, each node enrolled by its own token, what it begins with answered', async () => {
  for (const podId of FLEET) await aggregator.addPod(podId);
  const lines = await Promise.all(
    FLEET.map(async (podId) => `${podId},${await aggregator.invite(podId)}`),
  );
  mkdirSync(inFolder('fleet'));
  writeFileSync(inFolder('tokens.csv'), lines.join('\n'));
  const platform = { url: aggregator.url, tokensFile: inFolder('tokens.csv') };
  const config = { folder: inFolder('fleet'), platform, backlogQuarterHours: BACKLOG };
  writeFileSync(inFolder('fleet.yaml'), stringify(config));
  const start = () =>
    cli.startNode(clock.environment, '--config', inFolder('fleet.yaml'), '--fleet', '5', '--json');
  let fleet = start();
  const said = await fleet.said('"answered":true');
  expect(said).toContain('{"nodes":5,"enrolled":5}');
  expect(said).toContain('{"connected":5}');
  fleet.kill('SIGKILL');
  await fleet.ended;
  fleet = start();
  expect(await fleet.said('"connected":5')).toContain('{"nodes":5,"enrolled":0}');
  await sleep(2 * LEAPT_MTU_MS);
  fleet.kill('SIGTERM');
  expect((await fleet.ended).code).toBe(0);
  const { recorded, refused } = await packetsInLog(dataDir);
  expect(refused).toEqual([]);
  for (const podId of FLEET) {
    const own = recorded.filter((input) => input.podId === podId);
    const sequences = own.map(({ sequence }) => sequence);
    expect(sequences.length).toBeGreaterThan(BACKLOG);
    expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index));
    expect(readdirSync(inFolder(`fleet/${podId}`)).sort()).toEqual(['node.json', 'outbox']);
  }
  const keys = FLEET.map((podId) => readFileSync(inFolder(`fleet/${podId}/node.json`), 'utf8'));
  expect(new Set(keys).size).toBe(FLEET.length);
});

it('has no code of a server in it', async () => {
  const list = `import('${path.join(repositoryRoot(), 'infra/build-node.mjs')}').then(async ({ buildNode }) =>
    console.log(JSON.stringify(await buildNode('${inFolder('listed.cjs')}'))))`;
  const inside = JSON.parse(
    execFileSync(process.execPath, ['-e', list], { encoding: 'utf8', env: process.env }),
  ) as string[];
  const own = inside.filter((file) => !file.startsWith('node_modules/'));
  expect(new Set(own.map((file) => file.replace(/\/src\/.*$/, '')))).toEqual(
    new Set(['edge-node', 'libs/domain', 'libs/identity', 'libs/messaging', 'libs/runtime']),
  );
  expect(own).not.toContain('libs/messaging/src/mqtt/broker.ts');
  const packages = inside.flatMap(
    (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(
    expect.not.arrayContaining(['aedes', '@nestjs/common', 'libsql']),
  );
});

it('is one archive that needs nothing else on its box', () => {
  const root = repositoryRoot();
  const [archive] = execFileSync('node', ['infra/package-node.mjs', folder], {
    cwd: root,
    encoding: 'utf8',
  }).split('\n');
  mkdirSync(inFolder('opt'));
  execFileSync('tar', ['-xzf', archive!, '-C', inFolder('opt')]);
  const place = inFolder('opt/flexledger-node');
  execFileSync(process.execPath, ['-e', "require('serialport')"], { cwd: place });
  const platform = { url: 'http://127.0.0.1:1', tokenFile: inFolder('archive-token') };
  const config = { podId: POD, folder: inFolder('other-node'), platform };
  writeFileSync(inFolder('archive-token'), 'token');
  writeFileSync(inFolder('archive.yaml'), stringify(config));
  // As the container starts it, whose image unpacks the same archive there.
  const dockerfile = readFileSync(path.join(root, 'infra/deploy/Dockerfile'), 'utf8');
  const [, stage] = / AS light-node\n([^]*?)\nFROM /.exec(dockerfile)!;
  const [, entryPoint] = /^ENTRYPOINT (.*)$/m.exec(stage!)!;
  const [command, ...given] = JSON.parse(entryPoint!) as string[];
  const args = given.map((arg) => arg.replace('/opt/', `${inFolder('opt')}/`));
  expect(command).toBe('node');
  // Its devices run, and so its models are found, before it asks the platform.
  const { status, stderr } = spawnSync(
    process.execPath,
    [...args, '--config', inFolder('archive.yaml'), '--simulate'],
    { encoding: 'utf8', cwd: place },
  );
  expect([status, stderr]).toEqual([2, expect.stringContaining('127.0.0.1:1 does not answer')]);
  const service = readFileSync(path.join(place, 'flexledger-node.service'), 'utf8');
  expect(service).toContain('/opt/flexledger-node/flexledger-node.cjs --config');
  expect(readFileSync(path.join(place, 'THIRD-PARTY.txt'), 'utf8')).toContain('modbus-serial');
});
