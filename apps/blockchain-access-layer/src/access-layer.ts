/**
 * The Blockchain Access Layer: the platform's side of every Light Node (D3.3 A.4). It enrols nodes,
 * takes their measurements and reports from the broker, and puts what it has checked into the log.
 */
import { nodeDecider } from '@flexledger/domain';
import { createCommandHandler, type EventStore } from '@flexledger/event-store';
import { openDeviceConnection } from '@flexledger/messaging';
import type { Clock, Timers } from '@flexledger/runtime';
import { createEnrolment, type Enrolment } from './enrolment/enrolment';
import type { TimeLimits } from './measurement-ingress/address-packet';
import {
  createMeasurementIngress,
  type MeasurementIngress,
} from './measurement-ingress/measurement-ingress';
import { createNodeReports, type NodeReports } from './node-reports/node-reports';

export interface AccessLayerOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** The broker and the platform's user there. */
  readonly broker: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly token: string;
  };
  readonly limits: TimeLimits;
  /** Power above which a quarter-hour's mean is implausible for a PoD's connection. */
  readonly maxPowerWOf: (podId: string) => number;
  /** Nodes in the field, about; the months of so many are kept at hand. */
  readonly expectedNodes: number;
  /** Told of what was not recorded or not answered, and of the connection's troubles. */
  readonly onProblem: (problem: string) => void;
}

export interface AccessLayer {
  readonly enrolment: Enrolment;
  readonly measurements: MeasurementIngress;
  readonly nodeReports: NodeReports;
  /** Resolves at the first connection to the broker, its subscriptions standing. */
  readonly ready: Promise<void>;
  /**
   * Records and answers what has come in, again and again, until the function it returns is called.
   * For a platform in real time; a simulated day calls `collect` at its own steps instead.
   */
  flushEvery(everyMs: number, timers: Timers): () => void;
  /** Records and answers what has come in, then leaves the broker. */
  close(): Promise<void>;
}

const CLIENT_ID = 'blockchain-access-layer';

/** Reads the enrolled nodes from the log and begins to connect. */
export async function openAccessLayer(options: AccessLayerOptions): Promise<AccessLayer> {
  const { store, clock, broker, onProblem } = options;
  const nodes = createCommandHandler({
    store,
    clock,
    decider: nodeDecider,
    cachedStreams: options.expectedNodes,
    rememberedCommands: 0,
  });
  const enrolment = await createEnrolment({ store, nodes });
  const { keyOf } = enrolment;
  const isEnrolled = (podId: string): boolean => keyOf(podId) !== undefined;
  const nodeReports = createNodeReports({ nodes, clock, isEnrolled, onProblem });
  const measurements = createMeasurementIngress({
    ...options,
    keyOf,
    publishAck: (podId, ack) => connection.publish(podId, 'measurementAck', ack),
  });
  const connection = openDeviceConnection({
    host: broker.host,
    port: broker.port,
    as: {
      clientId: CLIENT_ID,
      username: broker.username,
      token: broker.token,
      subscribe: ['measurement', 'status', 'anomaly'],
    },
    onMessage: (message) =>
      message.kind === 'measurement' ? measurements.receive(message) : nodeReports.receive(message),
    onProblem,
  });
  const flush = async (): Promise<void> => {
    await nodeReports.flush();
    await measurements.flush();
  };
  return {
    enrolment,
    measurements,
    nodeReports,
    ready: connection.ready,
    flushEvery: (everyMs, timers) => repeat(everyMs, { clock, timers, task: flush }),
    async close() {
      await flush();
      await connection.close();
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
    cancel = timers.at(clock.nowMs() + everyMs, CLIENT_ID, () => task().finally(arm));
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
}
