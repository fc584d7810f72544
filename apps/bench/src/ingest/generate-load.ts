/** Nodes that send what was signed beforehand over real MQTT, and take the time to each answer. */
import {
  DEVICE_TOPICS,
  type MeasurementAck,
  type TopicConnection,
  deviceTopic,
  messageText,
  openTopicConnection,
} from '@flexledger/messaging';
import { type BenchNode, benchNode, benchToken, signedPacket } from './signed-load';

/** What is sent. */
export interface Load {
  readonly nodes: number;
  readonly packets: number;
  /** Packets in one message. */
  readonly together: number;
  /** Packets a second; as fast as answers come, `MESSAGES_UNDER_WAY` before them, when absent. */
  readonly perSecond?: number;
  readonly firstMtuMs: number;
}

/** What became of it. */
export interface LoadAnswered {
  readonly packets: number;
  /** From the first message to the last answer. */
  readonly seconds: number;
  /** From the publication of a packet to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same of what was answered after the first `START_MS`, in which the platform's code is compiled; of all where less came. */
  readonly steadyP99Ms: number;
  /** Of the generator alone, from the first message to the last answer. */
  readonly cpuSeconds: number;
}

/** Messages without an answer at once, of all nodes together. */
const MESSAGES_UNDER_WAY = 200;
const TICK_MS = 2;
const PUBLISHED = { qos: DEVICE_TOPICS.measurement.qos, retain: false } as const;
/** A process that has just begun interprets its code: for so long it takes several times as long for a packet. */
const START_MS = 2_000;

interface SendingNode {
  readonly podId: string;
  readonly topic: string;
  readonly connection: TopicConnection;
  /** As they are published, so that nothing but sending them is left. */
  readonly messages: readonly Buffer[];
  /** When each message went, by its place. */
  readonly sentMs: number[];
}

/**
 * Signs, connects, sends and waits for every answer.
 *
 * @throws Error when the platform refuses a packet, or a connection is lost
 */
export async function generateLoad(
  broker: { readonly host: string; readonly port: number },
  load: Load,
): Promise<LoadAnswered> {
  const { nodes: count, packets, together, perSecond, firstMtuMs } = load;
  const rounds = Math.floor(packets / count / together);
  const total = rounds * count;
  const latenciesMs: number[] = [];
  const steadyMs: number[] = [];
  let sent = 0;
  let underWay = 0;
  let fail: (error: Error) => void = () => {};
  let finish = (): void => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  done.catch(() => {});

  const connect = async (index: number): Promise<SendingNode> => {
    const node = benchNode(index);
    const { podId } = node;
    const connection = openTopicConnection({
      ...broker,
      clientId: podId,
      username: podId,
      token: benchToken(podId),
      subscribe: [deviceTopic(podId, 'measurementAck')],
      onMessage: (_, payload) => take(sending, payload),
      onProblem: (problem) => fail(new Error(problem)),
    });
    const messages = messagesOf(node, rounds, together, firstMtuMs);
    const topic = deviceTopic(podId, 'measurement');
    const sending: SendingNode = { podId, topic, connection, messages, sentMs: [] };
    await connection.ready;
    return sending;
  };
  const take = (node: SendingNode, payload: Buffer): void => {
    const nowMs = performance.now();
    const answers = JSON.parse(payload.toString()) as MeasurementAck | MeasurementAck[];
    for (const { sequence, accepted, reason } of [answers].flat()) {
      if (!accepted) return fail(new Error(`A packet of ${node.podId} was refused: ${reason}`));
      const latencyMs = nowMs - node.sentMs[Math.floor(sequence / together)]!;
      latenciesMs.push(latencyMs);
      if (nowMs - startedMs >= START_MS) steadyMs.push(latencyMs);
      // The answers to a message come together, or in order.
      if (sequence % together === together - 1) underWay -= 1;
    }
    if (perSecond === undefined) sendUpTo(total);
    if (latenciesMs.length === total * together) finish();
  };
  const sendNext = (): void => {
    const node = nodes[sent % count]!;
    const place = Math.floor(sent / count);
    sent += 1;
    underWay += 1;
    node.sentMs[place] = performance.now();
    node.connection.publish(node.topic, node.messages[place]!, PUBLISHED).catch(fail);
  };
  const sendUpTo = (messages: number): void => {
    while (sent < messages && (perSecond !== undefined || underWay < MESSAGES_UNDER_WAY)) {
      sendNext();
    }
  };

  const nodes: SendingNode[] = [];
  for (let index = 0; index < count; index += 1) nodes.push(await connect(index));
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let ticks: NodeJS.Timeout | undefined;
  if (perSecond === undefined) sendUpTo(total);
  else {
    ticks = setInterval(() => {
      const seconds = (performance.now() - startedMs) / 1e3;
      sendUpTo(Math.min(total, Math.floor((seconds * perSecond) / together)));
    }, TICK_MS);
  }
  try {
    await done;
  } finally {
    clearInterval(ticks);
    await Promise.all(nodes.map(({ connection }) => connection.close()));
  }
  const seconds = (performance.now() - startedMs) / 1e3;
  const { user, system } = process.cpuUsage(startedCpu);
  return {
    packets: latenciesMs.length,
    seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    steadyP99Ms: percentile(steadyMs.length > 0 ? steadyMs : latenciesMs, 0.99),
    cpuSeconds: (user + system) / 1e6,
  };
}

function percentile(given: readonly number[], share: number): number {
  const sorted = [...given].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

function messagesOf(
  node: BenchNode,
  rounds: number,
  together: number,
  firstMtuMs: number,
): Buffer[] {
  return Array.from({ length: rounds }, (_, round) => {
    const packets = Array.from({ length: together }, (_each, at) =>
      signedPacket(node, round * together + at, firstMtuMs),
    );
    return Buffer.from(messageText(packets));
  });
}
