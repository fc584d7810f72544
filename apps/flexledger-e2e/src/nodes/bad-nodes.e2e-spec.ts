/**
 * `flexledger-node` at a meter and an EMS of its own, against a served platform; and what becomes of its packets where two
 * boxes have one identity, a clock is wrong, a disk is full or an EMS lies: evidence is kept, and nothing good is lost.
 * The clock leaps.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type MeasurementInput, MTU_MS, podIdOf } from '@flexledger/domain';
import { isoFromMs, sleep, wallClock } from '@flexledger/runtime';
import { stringify } from 'yaml';
import { type BuiltCli, type RunningNode, buildCli } from '../command-line/built-cli';
import { type House, openHouse } from './house';
import { type LeapingClock, leapingClock } from './leaping-clock';
import { type ServedAggregator, packetsInLog, serveAggregator } from './served-aggregator';

const [ONE, TWIN, FAST, FULL] = [0, 1, 2, 3].map(podIdOf) as [string, string, string, string];
const NATURAL_W = 1_200;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let cli: BuiltCli;
let folder: string;
let dataDir: string;
let aggregator: ServedAggregator;
let clock: LeapingClock;
const houses: House[] = [];
const nodes = new Set<RunningNode>();
const inFolder = (name: string): string => path.join(folder, name);
const smallDisk = mountedSmallDisk();

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-bad-nodes-'));
  dataDir = inFolder('data');
  const dayAgoMs = wallClock.nowMs() - DAY_MS;
  clock = leapingClock(folder, Math.floor(dayAgoMs / MTU_MS) * MTU_MS);
  aggregator = await serveAggregator(cli, { dataDir, mqtt: { port: 0 } }, clock.environment);
});
afterEach(async () => {
  await Promise.all([...nodes].map(ended));
  await Promise.all(houses.splice(0).map((house) => house.close()));
});
afterAll(async () => {
  aggregator.running.kill('SIGTERM');
  await aggregator.running.ended;
  cli.remove();
  if (smallDisk !== undefined) {
    spawnSync('umount', [smallDisk]);
    rmSync(smallDisk, { recursive: true });
  }
  rmSync(folder, { recursive: true });
});

async function house(naturalW = NATURAL_W): Promise<House> {
  const opened = await openHouse(naturalW, clock);
  houses.push(opened);
  return opened;
}

/** Registers a PoD and has its node invited. */
async function invite(podId: string): Promise<void> {
  await aggregator.addPod(podId);
  writeFileSync(inFolder(`${podId}.token`), await aggregator.invite(podId));
}

function start(
  podId: string,
  { devices }: House,
  at = inFolder(podId),
  environment = clock.environment,
): RunningNode {
  const platform = { url: aggregator.url, tokenFile: inFolder(`${podId}.token`) };
  const config = `${at}.yaml`;
  writeFileSync(config, stringify({ podId, folder: at, platform, ...devices }));
  const node = cli.startNode(environment, '--config', config);
  nodes.add(node);
  return node;
}

async function ended(node: RunningNode): Promise<void> {
  nodes.delete(node);
  node.kill('SIGTERM');
  await node.ended;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(200);
}

const recordedOf = async (podId: string): Promise<MeasurementInput[]> =>
  (await packetsInLog(dataDir)).recorded.filter((input) => input.podId === podId);

const refusedOf = async (podId: string): Promise<string[]> =>
  (await packetsInLog(dataDir)).refused.filter((refusal) => refusal.includes(podId));

async function eachMore(podId: string, more: number): Promise<void> {
  const { length } = await recordedOf(podId);
  await until(async () => (await recordedOf(podId)).length >= length + more);
}

/** Codes of what a node has told of itself, and whether it is over, the first first. */
async function toldBy(podId: string): Promise<[string, boolean][]> {
  const { body } = await aggregator.calls.get(`/api/v1/nodes/${podId}/anomalies`);
  const told = body.items as { readonly code: string; readonly endedAt?: string | null }[];
  return told.map(({ code, endedAt }): [string, boolean] => [code, Boolean(endedAt)]).reverse();
}

/** Asks for 700 W in the next whole quarter-hour but one; tells what became of it and what was measured then. */
async function asked(podId: string): Promise<{ readonly status: string; readonly meanW: number }> {
  const windowStart = isoFromMs(Math.ceil(clock.nowMs() / MTU_MS + 2) * MTU_MS);
  const setpoint = { podId, windowStart, targetW: [700], targetVar: [null] };
  const answer = await aggregator.calls.post('/api/v1/setpoints', { setpoints: [setpoint] });
  expect(answer.status).toBe(202);
  const then = async () =>
    (await recordedOf(podId)).find(({ mtuStart }) => mtuStart === windowStart);
  await until(async () => (await then()) !== undefined);
  const { body } = await aggregator.calls.get(`/api/v1/setpoints/${podId}/${windowStart}`);
  const { withdrawnWh, injectedWh } = (await then())!;
  return { status: body.status, meanW: 4 * (withdrawnWh - injectedWh) };
}

it('enrols, measures, and has the EMS of its house follow a setpoint, which the meter shows', async () => {
  await invite(ONE);
  start(ONE, await house());
  await eachMore(ONE, 2);
  const { status, meanW } = await asked(ONE);
  expect(status).toBe('applied');
  // It is told a little after the quarter-hour has begun.
  expect(Math.abs(meanW - 700)).toBeLessThan(50);
});

it('is told by what it measures where the EMS lies, and by the EMS’s own words where that refuses', async () => {
  const own = await house();
  start(ONE, own);
  own.behaves = 'like a liar';
  const lied = await asked(ONE);
  expect(lied.status).toBe('applied');
  expect(Math.abs(lied.meanW - NATURAL_W)).toBeLessThan(50);
  own.behaves = 'refusing';
  const refused = await asked(ONE);
  expect(refused.status).not.toBe('applied');
  expect((await toldBy(ONE)).map(([code]) => code)).toContain('setpoint-refused');
});

it('with a twin that has its identity: each quarter-hour stands once, the other’s is kept as refused', async () => {
  await invite(TWIN);
  const first = start(TWIN, await house(600));
  await eachMore(TWIN, 2);
  await ended(first);
  cpSync(inFolder(TWIN), inFolder('copied'), { recursive: true });
  start(TWIN, await house(600));
  start(TWIN, await house(900), inFolder('copied'));
  await eachMore(TWIN, 4);
  await until(async () => (await refusedOf(TWIN)).length >= 2);
  const recorded = await recordedOf(TWIN);
  const mtus = recorded.map(({ mtuStart }) => mtuStart);
  expect(new Set(mtus).size).toBe(mtus.length);
  for (const refusal of await refusedOf(TWIN)) {
    const { reason, packet } = JSON.parse(refusal) as { reason: string; packet: string };
    expect(['replayed', 'out-of-order', 'counter-reset']).toContain(reason);
    // As it was signed.
    expect(packet).toContain('"signedHash":"');
  }
  expect((await toldBy(TWIN)).map(([code]) => code)).toContain('packet-refused');
});

it('whose clock is an hour fast measures nothing by it, says so, and goes on when it is right', async () => {
  await invite(FAST);
  const own = await house();
  const fast = start(FAST, own, inFolder(FAST), clock.environmentAhead(HOUR_MS));
  await until(async () => (await toldBy(FAST)).some(([code]) => code === 'clock-off'));
  await ended(fast);
  expect(await recordedOf(FAST)).toEqual([]);
  start(FAST, own);
  await eachMore(FAST, 2);
  await until(async () =>
    (await toldBy(FAST)).some(([code, isOver]) => code === 'clock-off' && isOver),
  );
  for (const refusal of await refusedOf(FAST)) expect(refusal).toContain('wrong-time');
});

(smallDisk === undefined ? it.skip : it)(
  `whose disk is full says so, and has lost nothing that it had signed${smallDisk === undefined ? ' (left out: no tmpfs can be mounted)' : ''}`,
  async () => {
    await invite(FULL);
    const at = path.join(smallDisk!, 'node');
    mkdirSync(at);
    start(FULL, await house(), at);
    await eachMore(FULL, 2);
    const hog = path.join(smallDisk!, 'hog');
    fill(hog);
    await until(async () => (await toldBy(FULL)).some(([code]) => code === 'packet-not-kept'));
    rmSync(hog);
    await eachMore(FULL, 2);
    await until(async () =>
      (await toldBy(FULL)).some(([code, isOver]) => code === 'packet-not-kept' && isOver),
    );
    const sequences = (await recordedOf(FULL)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index));
    expect(await refusedOf(FULL)).toEqual([]);
  },
);

/** Takes all room to the last byte. */
function fill(file: string): void {
  for (let bytes = 65_536; bytes >= 1; bytes /= 2) {
    for (let isFull = false; !isFull;) {
      try {
        appendFileSync(file, Buffer.alloc(bytes));
      } catch {
        isFull = true;
      }
    }
  }
}

/** A folder on a disk of 256 kB; undefined where none can be mounted. */
function mountedSmallDisk(): string | undefined {
  const at = mkdtempSync(path.join(tmpdir(), 'flexledger-small-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', at]);
  if (status === 0) return at;
  rmSync(at, { recursive: true });
  return undefined;
}
