/**
 * Setpoint carrying with a real broker and a real log. The nodes are MQTT clients that sign what
 * they answer; time stands still until a test moves it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  activationDecider,
  activationStream,
  instantInName,
  type IssuedSetpoint,
  nodeDecider,
  nodeStream,
  POD_ID,
} from '@flexledger/domain';
import {
  contextOf,
  createCommandHandler,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
  type ProcessorRunner,
} from '@flexledger/event-store';
import {
  canonicalJson,
  type NodeKey,
  nodeKeyFrom,
  sha256Hex,
  signKeyRotation,
  signMessage,
} from '@flexledger/identity';
import {
  type Broker,
  openDeviceConnection,
  parseDeviceMessage,
  type SetpointMessage,
  type SetpointReceipt,
  startBroker,
} from '@flexledger/messaging';
import { isoNow, VirtualClock } from '@flexledger/runtime';
import { openSetpointCarrying, type SetpointCarrying } from '../setpoint-carrying';

/** Real time in which all answers are surely there, and in which nothing more is expected. */
export const LONG_MS = 10_000;
export const SHORT_MS = 30;
export const MINUTE_MS = 60_000;
/** A quarter of an hour before the window of `setpointFor`. */
export const START_MS = Date.parse('2026-03-17T10:45:00.000Z');
export const RECEIVED_AT = '2026-03-17T10:45:01.000Z';
export const EMS_RECEIVED_AT = '2026-03-17T10:45:02.000Z';
const token = 'platform-token';

export const podId = (index: number): string => `IT002E${String(index).padStart(8, '0')}`;

/** Keys of the nodes that are enrolled in the log, 1 to 3, by PoD. */
export const KEYS: ReadonlyMap<string, NodeKey> = new Map(
  [1, 2, 3].map((index) => [podId(index), nodeKeyFrom(sha256Hex(podId(index)))]),
);

/** A setpoint for PoD `index`, three quarter-hours from 11:00 UTC. */
export function setpointFor(index: number, change: Partial<IssuedSetpoint> = {}): IssuedSetpoint {
  return {
    podId: podId(index),
    windowStart: '2026-03-17T11:00:00.000Z',
    targetW: [1_000, null, -500],
    targetVar: [null, null, null],
    aggregatorId: 'AGG1',
    setpointId: `setpoint-${index}`,
    ...change,
  };
}

/** What a node answers to its `count`-th setpoint; nothing where undefined. */
export type Answer = (
  setpoint: SetpointMessage,
  count: number,
) => Partial<SetpointReceipt> | undefined;

export const applies = (): Partial<SetpointReceipt> => ({ emsReceivedAt: EMS_RECEIVED_AT });
export const silent = (): undefined => undefined;

/** A node at the broker. */
export interface TrialNode {
  /** Setpoints that came, in their order. */
  readonly received: readonly SetpointMessage[];
  /** Answers setpoint `setpointId`, signed, whenever the test wants it. */
  answer(setpointId: string, change: Partial<SetpointReceipt>): Promise<void>;
  close(): Promise<void>;
}

/** The carrying under test and everything around it. */
export interface CarryingTrial {
  readonly clock: VirtualClock;
  /** What the carrying complained of. */
  readonly problems: readonly string[];
  carrying(): SetpointCarrying;
  broker(): Broker;
  /** Issues setpoints as their aggregators do, and lets the carrying see them. */
  issue(...setpoints: readonly IssuedSetpoint[]): Promise<void>;
  /** Records what the access layer would of a node. */
  tell(type: 'NodeConnected' | 'NodeDisconnected', index: number): Promise<void>;
  /** A node that answers each setpoint as told, signed with its own key or another. */
  node(index: number, answer: Answer, key?: NodeKey): Promise<TrialNode>;
  /** What became of the setpoints: type, last digit of the PoD and actor of each event. */
  logged(): Promise<string[]>;
  /** Data of all events of a type. */
  dataOf(type: string): Promise<object[]>;
  /** Starts the broker again at its port, after a test has closed it. */
  restartBroker(): Promise<void>;
  /** Closes the carrying and opens another on the same log. */
  restart(): Promise<void>;
  /** Opens a second instance beside the first; it is handed nothing before it takes over. */
  openAnother(): Promise<{
    readonly carrying: SetpointCarrying;
    /** Hands it the whole log, and from then on what is issued, and the first one nothing any more. */
    takeOver(): Promise<void>;
  }>;
  /** The node of PoD `index` signs with another key from now on. */
  rotateKey(index: number, key: NodeKey): Promise<void>;
  close(): Promise<void>;
}

/** Opens a trial of its own folder and broker; `close` leaves nothing behind. */
export async function openCarryingTrial(): Promise<CarryingTrial> {
  const problems: string[] = [];
  const clock = new VirtualClock(START_MS);
  const folder = mkdtempSync(join(tmpdir(), 'carrying-'));
  const store = openSqliteEventStore({ path: join(folder, 'log.db'), clock });
  const connected = new Set<TrialNode>();
  const idle: SetpointCarrying[] = [];
  let broker = await startTrialBroker(0);
  let carrying: SetpointCarrying;
  let runner: ProcessorRunner;
  let told = 0;

  const openInstance = async (instance: string): Promise<SetpointCarrying> => {
    const { host, port } = broker;
    const opened = openSetpointCarrying({
      log: store,
      clock,
      timers: clock,
      broker: { host, port, username: 'platform', token, instance },
      onProblem: (problem) => problems.push(problem),
    });
    await opened.ready;
    return opened;
  };
  const runnerOf = (opened: SetpointCarrying): ProcessorRunner =>
    createProcessorRunner({
      store,
      state: memoryProcessorState(clock),
      owner: 'test',
      clock,
      processors: [opened.processor],
      viewsReady: async () => {},
      onProblem: ({ error }) => problems.push(String(error)),
    });
  const open = async (): Promise<void> => {
    carrying = await openInstance('one');
    runner = runnerOf(carrying);
  };
  const nodes = createCommandHandler({ store, clock, decider: nodeDecider });
  for (const [pod, { publicKey }] of KEYS) {
    const command = { kind: 'enrolNode', podId: pod, publicKey, meterDriver: 'simulated' } as const;
    await nodes.handle(nodeStream(pod), command, contextOf(`enrol/${pod}`, pod, 'dso'));
  }
  await open();

  return {
    clock,
    problems,
    carrying: () => carrying,
    broker: () => broker,
    async issue(...setpoints) {
      // A new one each time: it keeps the states it has seen, and the carrying writes on too.
      const issuing = createCommandHandler({ store, clock, decider: activationDecider });
      for (const setpoint of setpoints) {
        const context = contextOf(setpoint.setpointId, 'dispatch', 'aggregator:AGG1');
        await issuing.handle(streamOf(setpoint), { kind: 'issueSetpoint', ...setpoint }, context);
      }
      await runner.drain();
    },
    async tell(type, index) {
      const name = `${type}/${clock.nowMs()}/${told++}`;
      const { commandId, ...context } = contextOf(name, 'node', `node:${podId(index)}`);
      const event = { id: commandId, type, schemaVersion: 1, data: { podId: podId(index) } };
      const occurredAt = isoNow(clock);
      await store.append(nodeStream(podId(index)), 'any', [{ ...event, ...context, occurredAt }]);
      await runner.drain();
    },
    async node(index, answer, key = KEYS.get(podId(index))!) {
      const node = await openNode(broker, podId(index), answer, key);
      connected.add(node);
      return node;
    },
    async logged() {
      const events: string[] = [];
      for await (const { type, data, actor } of store.readAll()) {
        if (type.startsWith('Setpoint') && type !== 'SetpointIssued')
          events.push(`${type} ${(data as { podId: string }).podId.at(-1)} ${actor}`);
      }
      return events;
    },
    async dataOf(type) {
      const events: object[] = [];
      for await (const { data } of store.readAll({ filter: { types: [type] } })) events.push(data);
      return events;
    },
    async restartBroker() {
      broker = await startTrialBroker(broker.port);
    },
    async restart() {
      await carrying.close();
      await open();
      await runner.drain();
    },
    async openAnother() {
      const another = await openInstance('two');
      idle.push(another);
      return {
        carrying: another,
        async takeOver() {
          runner = runnerOf(another);
          await runner.drain();
        },
      };
    },
    async rotateKey(index, to) {
      const from = KEYS.get(podId(index))!;
      const rotation = signKeyRotation(podId(index), { from, to, at: isoNow(clock) });
      const now = { podId: podId(index), nowMs: clock.nowMs() };
      const command = { kind: 'rotateKey', rotation, ...now } as const;
      const context = contextOf(`rotate/${to.publicKey}`, podId(index), 'dso');
      await nodes.handle(nodeStream(podId(index)), command, context);
    },
    async close() {
      await Promise.all([...connected].map((node) => node.close()));
      await Promise.all([...idle, carrying].map((opened) => opened.close()));
      await broker.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits, in real time, for what comes over a socket. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

const streamOf = ({ windowStart, podId: pod }: IssuedSetpoint): string =>
  activationStream(instantInName(Date.parse(windowStart)), pod);

const startTrialBroker = (port: number): Promise<Broker> =>
  startBroker({
    port,
    credentials: {
      platform: { username: 'platform', token },
      tokenOf: (pod) => (POD_ID.test(pod) ? `of ${pod}` : undefined),
    },
  });

async function openNode(
  { host, port }: Broker,
  pod: string,
  answer: Answer,
  { privateKey, publicKey }: NodeKey,
): Promise<TrialNode> {
  const received: SetpointMessage[] = [];
  const acknowledge = async (
    setpointId: string,
    change: Partial<SetpointReceipt>,
  ): Promise<void> => {
    const content = {
      setpointId,
      podId: pod,
      receivedAt: RECEIVED_AT,
      ...change,
    } as SetpointReceipt;
    const signature = signMessage(privateKey, canonicalJson(content));
    await connection.publish(pod, 'setpointAck', { content, signature, publicKey });
  };
  const connection = openDeviceConnection({
    host,
    port,
    as: { podId: pod, token: `of ${pod}` },
    onMessage: ({ kind, payload }) => {
      const parsed = parseDeviceMessage('setpoint', payload);
      if (kind !== 'setpoint' || !parsed.ok) return;
      received.push(parsed.message);
      const change = answer(parsed.message, received.length);
      if (change) void acknowledge(parsed.message.setpointId, change);
    },
  });
  await connection.ready;
  let closing: Promise<void> | undefined;
  return { received, answer: acknowledge, close: () => (closing ??= connection.close()) };
}
