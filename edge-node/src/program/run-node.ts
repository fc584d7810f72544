/**
 * The program of a Light Node: it enrols from an invitation where it has not, keeps key and credentials,
 * and measures every quarter-hour from then on.
 */
import { MTU_MS } from '@flexledger/domain';
import type { Clock, Timers } from '@flexledger/runtime';
import type { EmsDriver } from '../ems/ems-driver';
import { type BrokerCredentials, enrolNode } from '../enrolment/enrol-node';
import { type LightNode, type LightNodeOptions, startLightNode } from '../light-node';
import { type LocalApi, openLocalApi } from '../local/local-api';
import type { Meter } from '../meters/meter';
import { openFileOutbox } from '../outbox/file-outbox';
import { nodeSigner } from '../signing/node-signer';
import { openAnomalyShelf } from './anomaly-shelf';
import { clockOffMs } from '../uplink/clock-off';
import { holdFolder } from './hold-folder';
import { measureRegularly } from './measure-regularly';
import {
  type KeptNode,
  NodeFolderUnusable,
  enrolledNode,
  invitedNode,
  keepEnrolled,
  outboxIn,
} from './node-folder';
import { finishRotation } from './rotate-key';
import { regularly } from './regularly';

/** A node that enrols, and the folder it keeps of its own. */
export interface EnrollingNode {
  readonly podId: string;
  /** Its own: key, credentials and what was measured and is not answered yet. */
  readonly folder: string;
  /** Needed once, and again for an invitation that replaces the node. */
  readonly invitation?: {
    /** Where the platform's REST interface is: `https://market.example`. */
    readonly url: string;
    readonly token: string;
  };
  /** How the meter is read, and which it is. */
  readonly meterDriver: string;
  readonly meterSerialNumber: string;
}

export interface NodeProgramOptions extends EnrollingNode {
  readonly meter: Meter;
  readonly ems: EmsDriver;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Where the customer's side asks on this machine (`local/local-api.ts`); nowhere when absent. */
  readonly localPort?: number;
  /** How often the active power is told, ms (`POWER_EVERY_MS`); never when absent. */
  readonly powerEveryMs?: number;
  /** How often meters, EMS and the way to the platform are tried, ms; never when absent. */
  readonly probeEveryMs?: number;
  readonly otherMeters?: LightNodeOptions['otherMeters'];
  /** REST interfaces that are asked for their time, the platform's first; none is asked when absent. */
  readonly timeFrom?: readonly string[];
  /** Told what an operator at the node should know. */
  readonly onProblem: (problem: string) => void;
}

export interface NodeProgram {
  readonly node: LightNode;
  /** Where it signs in. */
  readonly broker: Pick<BrokerCredentials, 'host' | 'port'>;
  /** True when it has enrolled now, false when it had before. */
  readonly hasEnrolled: boolean;
  close(): Promise<void>;
}

/** How often the active power may be told, ms. */
export const POWER_EVERY_MS = { least: 1_000, most: 10_000 } as const;

/** @throws RangeError for a time beyond `POWER_EVERY_MS` */
function requirePowerEvery(everyMs: number): void {
  const { least, most } = POWER_EVERY_MS;
  if (everyMs >= least && everyMs <= most) return;
  throw new RangeError(`Power is told every ${least} to ${most} ms, not every ${everyMs} ms.`);
}

/** A customer's plant that nobody can move: every setpoint is refused in words. */
export const noEms: EmsDriver = {
  accept: async () => {
    throw new Error('no EMS is connected to this node');
  },
  apply: async () => {},
};

/**
 * Enrols and starts. An invitation that was used in this folder is not used again, so that the same
 * command starts the node every time. A change of its key that had no answer comes to its end before.
 *
 * @throws EnrolmentRefused, NodeFolderUnusable, OutboxDamaged, LocalPortUnusable; RangeError of `powerEveryMs`; NoAnswer where the platform
 *   does not answer
 */
export async function runNode(options: NodeProgramOptions): Promise<NodeProgram> {
  if (options.powerEveryMs !== undefined) requirePowerEvery(options.powerEveryMs);
  const letGo = await holdFolder(options.folder);
  try {
    return await runInFolder(options, letGo);
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function runInFolder(
  options: NodeProgramOptions,
  letGo: () => Promise<void>,
): Promise<NodeProgram> {
  const { podId, folder, meter, ems, clock, timers, timeFrom, onProblem } = options;
  const { kept, hasEnrolled } = await enrolInFolder(options);
  const { key, broker } = await finishRotation(folder, kept, { clock, onProblem });
  const outbox = await openFileOutbox(outboxIn(folder));
  const signer = nodeSigner(key);
  const node = startLightNode({
    podId,
    meter,
    ems,
    signer,
    outbox,
    mqtt: broker,
    clock,
    firstSequence: quarterHoursUntil(clock.nowMs()),
    ...(options.otherMeters && { otherMeters: options.otherMeters }),
    anomalyShelf: openAnomalyShelf(folder),
    ...(timeFrom && { clockOffMs: () => clockOffMs(timeFrom, clock) }),
    onProblem,
  });
  const local = await openLocal(podId, node, options.localPort).catch(async (error: unknown) => {
    await node.close();
    throw error;
  });
  const { powerEveryMs, probeEveryMs } = options;
  const stops = [measureRegularly(() => [node], { name: podId, clock, timers, onProblem })];
  const doEvery = (everyMs: number | undefined, what: string, task: () => Promise<void>): void => {
    if (everyMs === undefined) return;
    stops.push(regularly(task, { name: `${what}/${podId}`, clock, timers, everyMs, onProblem }));
  };
  doEvery(powerEveryMs, 'power', () => node.tellPower());
  doEvery(probeEveryMs, 'probe', () => node.probe());
  return {
    node,
    broker,
    hasEnrolled,
    async close() {
      for (const stop of stops) stop();
      await local?.close();
      await node.close();
      await letGo();
    },
  };
}

async function openLocal(
  podId: string,
  node: LightNode,
  port: number | undefined,
): Promise<LocalApi | undefined> {
  return port === undefined ? undefined : openLocalApi(podId, node, port);
}

/**
 * The sequence of a new box's first packet: the quarter-hours since 1970. A box whose place it takes, which
 * nobody asks how far it was, has counted one a quarter-hour at most, so that this one's come after.
 */
export function quarterHoursUntil(nowMs: number): number {
  return Math.floor(nowMs / MTU_MS);
}

/** The node that a folder keeps from now on, and whether it has enrolled just now. */
export interface Enrolled {
  readonly kept: KeptNode & { readonly broker: BrokerCredentials };
  readonly hasEnrolled: boolean;
}

/**
 * Enrols a node, unless its folder holds one that has by the same invitation, or needed none.
 *
 * @throws EnrolmentRefused, NodeFolderUnusable; NoAnswer where the platform does not answer
 */
export async function enrolInFolder(options: EnrollingNode): Promise<Enrolled> {
  const { podId, folder, invitation, meterDriver, meterSerialNumber } = options;
  const kept = invitation
    ? invitedNode(folder, podId, invitation.token)
    : enrolledNode(folder, podId);
  if (kept?.broker) return { kept: { ...kept, broker: kept.broker }, hasEnrolled: false };
  if (!kept || !invitation) {
    throw new NodeFolderUnusable(
      `No node of PoD ${podId} has enrolled in ${folder}; give the token that its aggregator issues: --token, or platform.tokenFile.`,
    );
  }
  const meter = { meterDriver, meterSerialNumber };
  const broker = await enrolNode({ ...invitation, podId, signer: nodeSigner(kept.key), ...meter });
  keepEnrolled(folder, { ...kept, broker });
  return { kept: { ...kept, broker }, hasEnrolled: true };
}
