/**
 * The Blockchain Access Layer: the platform's side of every Light Node (D3.3 A.4). It enrols nodes,
 * takes their measurements and reports from the broker, and puts what it has checked into the log.
 */
import { availableParallelism } from 'node:os';
import { nodeDecider } from '@flexledger/domain';
import { createCommandHandler, type EventStore } from '@flexledger/event-store';
import { type VerifyingPool, createVerifyingPool } from '@flexledger/identity';
import {
  type OpenDeviceConnection,
  type ReceivedMessage,
  type TcpListener,
  openDeviceConnection,
} from '@flexledger/messaging';
import type { Clock, Timers } from '@flexledger/runtime';
import { createEnrolment, type Enrolment } from './enrolment/enrolment';
import { type LivePower, createLivePower } from './live-power/live-power';
import {
  createMeasurementIngress,
  type MeasurementIngress,
} from './measurement-ingress/measurement-ingress';
import { createPlausiblePower } from './measurement-ingress/plausible-power';
import { createNodeReports, type NodeReports } from './node-reports/node-reports';
import { createNodeStatements } from './node-statements/node-statements';
import type { BlockchainAccessLayerPolicy } from './policy';
import { openGridRelay } from './tcp-ingress/grid-relay';
import { type TcpIngressSettings, openTcpIngress, sendAcks } from './tcp-ingress/tcp-ingress';

export interface AccessLayerOptions {
  readonly log: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Tells this instance from others at the broker, where equal client ids throw each other out. */
  readonly instance: string;
  /** The broker and the platform's user there. */
  readonly broker: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly token: string;
    /** It speaks TLS; `ca` beside the certificates that the machine trusts, PEM. */
    readonly tls?: { readonly ca?: string };
    /** Over MQTT when absent; a broker of this process has a shorter way. */
    readonly connect?: OpenDeviceConnection;
    /** It has shared subscriptions: instances divide the packets, instead of each hearing all. */
    readonly isDivided?: boolean;
  };
  /** Where measurements and power come in over TCP or TLS too; nowhere when absent. */
  readonly tcp?: TcpIngressSettings;
  /** Checks the nodes' signatures, in threads of its own when absent; closed with the layer. */
  readonly signatures?: VerifyingPool;
  readonly policy: BlockchainAccessLayerPolicy;
  /** Told when a node's credentials count no more: its connection is to be cut. */
  readonly onNodeOut?: (podId: string) => void;
  /** Told of each node that is enrolled; its answer waits for the promise. */
  readonly onNodeIn?: (podId: string, enrolments: number) => Promise<void>;
  /** Told of what was not recorded or not answered, and of the connection's troubles. */
  readonly onProblem: (problem: string) => void;
}

export interface AccessLayer {
  readonly enrolment: Enrolment;
  readonly measurements: MeasurementIngress;
  readonly nodeReports: NodeReports;
  /** Active power now, at each PoD. */
  readonly livePower: LivePower;
  /** Listening, where that is asked for. */
  readonly tcp: TcpListener | undefined;
  /** Resolves at the first connection to the broker, its subscriptions standing. */
  readonly ready: Promise<void>;
  /**
   * Records and answers what has come in, every `policy.flushEveryMs`, and reads on in the log now and then
   * while nothing comes, until the function it returns is called. For a platform in real time; a simulated
   * day calls `collect` at its own steps instead.
   */
  flushRegularly(): () => void;
  /** Records and answers what has come in, then leaves the broker. */
  close(): Promise<void>;
}

const NAME = 'blockchain-access-layer';
/**
 * What instances can divide. A packet is answered once it is in the log, and a node that has no answer sends it again: what
 * an instance that is killed had heard alone comes to another.
 */
const DIVIDED = ['measurement'] as const;
/**
 * What each instance hears. To what a node signs of its setpoints there is no answer, and it says it once: whoever is first
 * appends at the revision of the node's stream, and another reads on and decides anew, so that it stands in the log once, and
 * also where one is killed before it appends. The others each instance shows, or counts for itself.
 */
const HEARD_BY_ALL = ['setpointAck', 'activation', 'power', 'status', 'anomaly'] as const;
/** How often the log is read on while no node says anything: another instance may have enrolled one. */
const READ_ON_EVERY_MS = 200;
/** Threads that check signatures; more than so many are ahead of what one log takes. */
const VERIFIERS_MAX = 4;

/** Reads the enrolled nodes from the log and begins to connect. */
export async function openAccessLayer(options: AccessLayerOptions): Promise<AccessLayer> {
  const { log, clock, timers, instance, broker, policy, onProblem } = options;
  const { maxFutureMs, maxAgeMs, largestConnectionW, expectedNodes, flushEveryMs } = policy;
  const nodes = createCommandHandler({
    store: log,
    clock,
    decider: nodeDecider,
    cachedStreams: expectedNodes,
    rememberedCommands: 0,
  });
  let cutTcp = (_podId: string): void => {};
  const enrolment = await createEnrolment({
    store: log,
    nodes,
    clock,
    onNodeOut(podId) {
      cutTcp(podId);
      options.onNodeOut?.(podId);
    },
    onNodeIn: options.onNodeIn ?? (() => Promise.resolve()),
  });
  const signatures =
    options.signatures ??
    createVerifyingPool({
      workers: Math.min(availableParallelism(), VERIFIERS_MAX),
      keysKept: expectedNodes,
    });
  const statements = createNodeStatements({
    store: log,
    clock,
    enrolment,
    signatures,
    expectedNodes,
    onProblem,
  });
  const nodeReports = createNodeReports({
    nodes,
    clock,
    enrolment,
    signatures,
    keepRejected: (message) => statements.receive(message),
    onProblem,
  });
  const power = createPlausiblePower(log, largestConnectionW);
  const livePower = createLivePower({ log, clock, enrolment, power, onProblem });
  const measurements = createMeasurementIngress({
    store: log,
    clock,
    limits: { maxFutureMs, maxAgeMs },
    power,
    expectedNodes,
    enrolment,
    signatures,
    beforeRecording: () => statements.flush(),
    async publishAcks(podId, acks) {
      const isSent = sendAcks(tcp, podId, acks);
      try {
        await connection.publish(podId, 'measurementAck', acks);
      } catch (error) {
        if (!isSent) throw error;
      }
    },
    onProblem,
  });
  const onMessage = (message: ReceivedMessage): void => {
    switch (message.kind) {
      case 'measurement':
        return measurements.receive(message);
      case 'setpointAck':
      case 'activation':
        return statements.receive(message);
      case 'power':
        return livePower.receive(message);
      default:
        return nodeReports.receive(message);
    }
  };
  const { host, port, username, token, tls } = broker;
  const at = { host, port, ...(tls && { tls }) };
  const relay = options.tcp?.sources?.length
    ? openGridRelay({ ...at, username, token, clientId: `${NAME}-grid-${instance}`, onProblem })
    : undefined;
  const tcp =
    options.tcp &&
    (await openTcpIngress({
      settings: options.tcp,
      enrolment,
      onMessage,
      relay: async (...said) => relay?.take(...said),
      onProblem,
    }).catch(async (error: unknown) => {
      await relay?.close();
      await signatures.close();
      throw error;
    }));
  cutTcp = (podId) => tcp?.disconnect(podId);
  const { connect = openDeviceConnection } = broker;
  const connection = connect({
    ...at,
    as: {
      clientId: `${NAME}-${instance}`,
      username,
      token,
      ...(broker.isDivided
        ? { subscribe: HEARD_BY_ALL, shared: { group: NAME, kinds: DIVIDED } }
        : { subscribe: [...DIVIDED, ...HEARD_BY_ALL] }),
    },
    onMessage,
    onProblem,
  });
  const ready = Promise.all([connection.ready, relay?.ready]).then(() => {});
  ready.catch(() => {}); // whoever waits for it sees the error; nobody has to
  const flush = async (): Promise<void> => {
    await nodeReports.flush();
    await measurements.flush();
  };
  let flushedMs = -Infinity;
  const flushWhatWaits = async (): Promise<void> => {
    const waiting = measurements.waiting() + statements.waiting() + nodeReports.waiting();
    const isIdle = waiting === 0;
    if (isIdle && Math.abs(clock.nowMs() - flushedMs) < READ_ON_EVERY_MS) return;
    flushedMs = clock.nowMs();
    await flush();
  };
  return {
    enrolment,
    measurements,
    nodeReports,
    livePower,
    tcp,
    ready,
    flushRegularly: () => repeat(flushEveryMs, { clock, timers, task: flushWhatWaits }),
    async close() {
      await flush();
      await tcp?.close();
      await relay?.close();
      await connection.close();
      await signatures.close();
    },
  };
}

/** Runs a task `everyMs` after it was last done, whether that went well or not. */
function repeat(
  everyMs: number,
  { clock, timers, task }: { clock: Clock; timers: Timers; task: () => Promise<void> },
): () => void {
  let isStopped = false;
  let cancel = (): void => {};
  const arm = (): void => {
    if (isStopped) return;
    cancel = timers.at(clock.nowMs() + everyMs, NAME, () => task().finally(arm));
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
}
