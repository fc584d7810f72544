/**
 * Light Nodes measure over real MQTT, each with its outbox on disk, while the platform's process, broker
 * within, is killed again and again; then everything is compared with the log: what a node has signed stands
 * there exactly once and in order, and nothing else does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { MTU_MS, type MeterEvent } from '@flexledger/domain';
import {
  type LightNode,
  type Outbox,
  constantLoad,
  nodeSigner,
  openFileOutbox,
  startLightNode,
} from '@flexledger/edge-node';
import { openSqliteEventStore } from '@flexledger/event-store';
import {
  VirtualClock,
  drawInteger,
  seededRandom,
  sleep,
  wallClock,
  freePort,
} from '@flexledger/runtime';
import { fieldNode } from './killed-field';

export interface KilledPlatformOptions {
  /** `access-process.js`, compiled. */
  readonly script: string;
  /** An empty one. */
  readonly folder: string;
  readonly nodes: number;
  readonly seconds: number;
  /** Of the instants of the kills. */
  readonly seed: number;
}

/** What was found; `faults` in words, none where all is well. */
export interface KilledPlatformReport {
  readonly kills: number;
  readonly signed: number;
  /** Answered while the platform was being killed. */
  readonly answeredMeanwhile: number;
  readonly recorded: number;
  readonly faults: readonly string[];
}

/** A platform lives so long before it is killed, ms after its nodes can sign in. */
const SHORTEST_LIFE_MS = 300;
const LONGEST_LIFE_MS = 4_000;
/** Real time of one quarter-hour of the nodes. */
const STEP_MS = 250;
const PATIENCE_MS = 120_000;
const FAULTS_TOLD = 20;
/** Before now: quarter-hours so long ago are taken, and there is room for those of a long run. */
const AGO_MS = 60 * 86_400_000;

interface MeasuringNode {
  readonly podId: string;
  readonly node: LightNode;
  /** Hashes of the packets it has signed and kept, in their order. */
  readonly signed: string[];
  readonly answered: Set<number>;
}

/** @throws Error when the platform cannot be started, or does not answer everything in the end */
export async function killPlatform(options: KilledPlatformOptions): Promise<KilledPlatformReport> {
  const { script, folder, nodes: count, seconds, seed } = options;
  const random = seededRandom(seed, 'kills');
  const port = await freePort();
  const log = path.join(folder, 'log.sqlite');
  const startMs = Math.floor((wallClock.nowMs() - AGO_MS) / MTU_MS) * MTU_MS;
  const clock = new VirtualClock(startMs);
  let platform = await startPlatform(script, port, log, count);
  const fleet: MeasuringNode[] = [];
  let kills = 0;
  let answeredMeanwhile = 0;
  try {
    for (let index = 0; index < count; index += 1) {
      fleet.push(await startNode(index, path.join(folder, `outbox-${index}`), port, clock));
    }
    await Promise.all(fleet.map(({ node }) => node.ready));
    await Promise.all(fleet.map(({ node }) => node.beginQuarterHour(startMs)));
    let isOver = false;
    const killing = (async (): Promise<void> => {
      while (!isOver) {
        await sleep(drawInteger(random, SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
        await killed(platform);
        kills += 1;
        platform = await startPlatform(script, port, log, count);
      }
    })();
    const endMs = wallClock.nowMs() + seconds * 1_000;
    while (wallClock.nowMs() < endMs) {
      const mtuMs = clock.nowMs();
      await clock.advanceTo(mtuMs + MTU_MS);
      const measured = Promise.all(fleet.map(({ node }) => node.closeQuarterHour(mtuMs)));
      await Promise.all([measured, sleep(STEP_MS)]);
    }
    isOver = true;
    await killing;
    answeredMeanwhile = fleet.reduce((sum, { answered }) => sum + answered.size, 0);
    await allAnswered(fleet);
  } finally {
    await Promise.all(fleet.map(({ node }) => node.close()));
    await killed(platform);
  }
  const { recorded, faults } = await compared(log, fleet);
  const signed = fleet.reduce((sum, node) => sum + node.signed.length, 0);
  return { kills, signed, answeredMeanwhile, recorded, faults };
}

async function startNode(
  index: number,
  file: string,
  port: number,
  clock: VirtualClock,
): Promise<MeasuringNode> {
  const { podId, key, token } = fieldNode(index);
  const signed: string[] = [];
  const answered = new Set<number>();
  const kept = await openFileOutbox(file);
  const outbox: Outbox = {
    ...kept,
    async store(entry) {
      await kept.store(entry);
      signed.push(entry.packet.hash);
    },
    async acknowledge(sequence) {
      answered.add(sequence);
      await kept.acknowledge(sequence);
    },
  };
  const node = startLightNode({
    podId,
    meter: constantLoad(500 + index, clock),
    ems: { accept: async () => {}, apply: async () => {} },
    signer: nodeSigner(key),
    outbox,
    mqtt: { host: '127.0.0.1', port, token, redial: { minMs: 50, maxMs: 1_000 } },
    clock,
    resendEveryMs: 3_000,
  });
  return { podId, node, signed, answered };
}

async function allAnswered(fleet: readonly MeasuringNode[]): Promise<void> {
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, patience.signal).then(() => true);
  const done = Promise.all(fleet.map(({ node }) => node.whenAcknowledged())).then(() => false);
  const isLate = await Promise.race([done, late]);
  patience.abort();
  if (!isLate) return;
  const left = fleet.reduce((sum, { node }) => sum + node.pendingPackets(), 0);
  throw new Error(`${left} packets had no answer ${PATIENCE_MS / 1_000} s after the last kill.`);
}

/** The log against what was signed. */
async function compared(
  log: string,
  fleet: readonly MeasuringNode[],
): Promise<Pick<KilledPlatformReport, 'recorded' | 'faults'>> {
  const store = openSqliteEventStore({ path: log, clock: wallClock });
  const faults: string[] = [];
  const tell = (fault: string): void => void (faults.length < FAULTS_TOLD && faults.push(fault));
  const logged = new Map<string, string[]>();
  let recorded = 0;
  for await (const event of store.readAll({
    filter: { types: ['MeasurementRecorded', 'PacketRejected'] },
  })) {
    const { type, data } = event as unknown as MeterEvent;
    if (type === 'PacketRejected') {
      tell(`${data.podId}: a packet was refused: ${data.reason}: ${data.detail}`);
      continue;
    }
    if (type !== 'MeasurementRecorded') continue;
    recorded += 1;
    const { podId, hash } = data;
    logged.set(podId, [...(logged.get(podId) ?? []), hash]);
  }
  await store.close();
  for (const { podId, signed } of fleet) {
    const own = logged.get(podId) ?? [];
    const first = signed.findIndex((hash, index) => own[index] !== hash);
    if (first >= 0) tell(`${podId}: packet ${first} of ${signed.length} is not in its place`);
    if (own.length !== signed.length) {
      tell(`${podId}: ${own.length} are recorded of ${signed.length} that were signed`);
    }
  }
  return { recorded, faults };
}

/** Starts the platform's process and waits until nodes can sign in. */
async function startPlatform(
  script: string,
  port: number,
  log: string,
  nodes: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, `${port}`, log, `${nodes}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', (code) =>
      reject(new Error(`The platform did not start (${code}): ${complaint.slice(0, 2_000)}`)),
    );
  });
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}
