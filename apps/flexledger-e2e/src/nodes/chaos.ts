/**
 * Light Nodes measure over real MQTT, each with its outbox on disk and a line of its own, while broker and
 * platform, a process each, are killed again and again and single lines are cut; then everything is compared
 * with the log: what a node has signed stands there exactly once and, by sequence and quarter-hour, in order, and
 * nothing else does.
 */
import type { ChildProcess } from 'node:child_process';
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
import { fieldNode } from './chaos-field';
import { type CuttableLine, openCuttableLine } from './cuttable-line';
import { type BrokerKind, externalBroker } from './external-broker';
import { killed, startedOf } from './killed-process';

export interface ChaosOptions {
  /** Where `access-process.js` and `broker-process.js` are, compiled. */
  readonly scripts: string;
  readonly broker: BrokerKind;
  /** Access layers side by side over one log, which divide the nodes among them; Mosquitto alone can have several. */
  readonly instances: number;
  /** An empty one. */
  readonly folder: string;
  readonly nodes: number;
  readonly seconds: number;
  /** Of what is killed and cut, and when. */
  readonly seed: number;
}

/** What was found; `faults` in words, none where all is well. */
export interface ChaosReport {
  /** Which broker it was. */
  readonly broker: string;
  readonly brokerKills: number;
  readonly platformKills: number;
  /** Lines of single nodes that were cut. */
  readonly cuts: number;
  readonly signed: number;
  /** Answered while all that was going on. */
  readonly answeredMeanwhile: number;
  readonly recorded: number;
  readonly faults: readonly string[];
}

/** So long everything lives before something is killed, ms. */
const SHORTEST_LIFE_MS = 300;
const LONGEST_LIFE_MS = 4_000;
/** So long a line is cut, and between two cuts, ms. */
const SHORTEST_CUT_MS = 50;
const LONGEST_CUT_MS = 2_000;
/** Real time of one quarter-hour of the nodes. */
const STEP_MS = 250;
const PATIENCE_MS = 120_000;
const FAULTS_TOLD = 20;
/** Before now: quarter-hours so long ago are taken, and there is room for those of a long run. */
const AGO_MS = 60 * 86_400_000;

interface MeasuringNode {
  readonly podId: string;
  readonly node: LightNode;
  readonly line: CuttableLine;
  /** Hashes of the packets it has signed and kept, in their order. */
  readonly signed: string[];
  readonly answered: Set<number>;
}

/** @throws Error when a process cannot be started, or what is sent is not answered in the end */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { scripts, folder, nodes: count, seconds, seed } = options;
  const port = await freePort();
  const log = path.join(folder, 'log.sqlite');
  const startMs = Math.floor((wallClock.nowMs() - AGO_MS) / MTU_MS) * MTU_MS;
  const clock = new VirtualClock(startMs);
  const script = path.join(scripts, 'broker-process.js');
  const brokers = externalBroker({ kind: options.broker, port, nodes: count, folder, script });
  const access = [path.join(scripts, 'access-process.js'), `${port}`, log, `${count}`];
  const startPlatform = (instance: number) =>
    startedOf('The platform', process.execPath, [...access, `${instance}`, options.broker]);
  let broker = await brokers.start();
  const platforms: ChildProcess[] = [];
  const fleet: MeasuringNode[] = [];
  const done = { brokerKills: 0, platformKills: 0, cuts: 0, answeredMeanwhile: 0 };
  try {
    for (let instance = 0; instance < options.instances; instance += 1) {
      platforms.push(await startPlatform(instance));
    }
    for (let index = 0; index < count; index += 1) {
      fleet.push(await startNode(index, path.join(folder, `outbox-${index}`), port, clock));
    }
    await Promise.all(fleet.map(({ node }) => node.ready));
    await Promise.all(fleet.map(({ node }) => node.beginQuarterHour(startMs)));
    let isOver = false;
    const killing = (async (): Promise<void> => {
      const random = seededRandom(seed, 'kills');
      while (!isOver) {
        await sleep(drawInteger(random, SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
        if (drawInteger(random, 0, 1) === 0) {
          await killed(broker);
          done.brokerKills += 1;
          broker = await brokers.start();
        } else {
          const instance = drawInteger(random, 0, options.instances - 1);
          await killed(platforms[instance]!);
          done.platformKills += 1;
          platforms[instance] = await startPlatform(instance);
        }
      }
    })();
    const cutting = (async (): Promise<void> => {
      const random = seededRandom(seed, 'cuts');
      while (!isOver) {
        const { line } = fleet[drawInteger(random, 0, count - 1)]!;
        line.cut();
        done.cuts += 1;
        await sleep(drawInteger(random, SHORTEST_CUT_MS, LONGEST_CUT_MS));
        line.mend();
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
    await Promise.all([killing, cutting]);
    done.answeredMeanwhile = fleet.reduce((sum, { answered }) => sum + answered.size, 0);
    await allAnswered(fleet);
  } finally {
    await Promise.all(fleet.map(({ node }) => node.close()));
    await Promise.all(fleet.map(({ line }) => line.close()));
    await Promise.all([broker, ...platforms].map(killed));
  }
  const { recorded, faults } = await compared(log, fleet);
  const signed = fleet.reduce((sum, node) => sum + node.signed.length, 0);
  return { broker: brokers.name, ...done, signed, recorded, faults };
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
  const line = await openCuttableLine(port);
  const node = startLightNode({
    podId,
    meter: constantLoad(500 + index, clock),
    ems: { accept: async () => {}, apply: async () => {} },
    signer: nodeSigner(key),
    outbox,
    mqtt: { host: '127.0.0.1', port: line.port, token, redial: { minMs: 50, maxMs: 1_000 } },
    clock,
    resendEveryMs: 3_000,
  });
  return { podId, node, line, signed, answered };
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

/** What the log has of one packet. */
interface Recorded {
  readonly sequence: number;
  readonly hash: string;
  readonly mtuStart: string;
}

/** The log against what was signed. */
async function compared(
  log: string,
  fleet: readonly MeasuringNode[],
): Promise<Pick<ChaosReport, 'recorded' | 'faults'>> {
  const store = openSqliteEventStore({ path: log, clock: wallClock });
  const faults: string[] = [];
  const tell = (fault: string): void => void (faults.length < FAULTS_TOLD && faults.push(fault));
  const logged = new Map<string, Recorded[]>();
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
    const { podId, sequence, hash, inputData } = data;
    const own = logged.get(podId) ?? [];
    own.push({ sequence, hash, mtuStart: inputData.mtuStart });
    logged.set(podId, own);
  }
  await store.close();
  for (const { podId, signed } of fleet) {
    // What a broker has forgotten comes after what was measured later, into its gap.
    const own = (logged.get(podId) ?? []).sort((one, other) => one.sequence - other.sequence);
    const first = signed.findIndex((hash, index) => own[index]?.hash !== hash);
    const isRising = own.every(
      ({ mtuStart }, index) => index === 0 || own[index - 1]!.mtuStart < mtuStart,
    );
    if (!isRising) tell(`${podId}: a later packet is of an earlier quarter-hour`);
    if (first >= 0) tell(`${podId}: packet ${first} of ${signed.length} is not in its place`);
    if (own.length !== signed.length) {
      tell(`${podId}: ${own.length} are recorded of ${signed.length} that were signed`);
    }
  }
  return { recorded, faults };
}
