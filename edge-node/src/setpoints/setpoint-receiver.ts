import { MTU_MS, mtuHolding } from '@flexledger/domain';
import {
  type ActivationMessage,
  parseDeviceMessage,
  type SetpointAck,
  type SetpointMessage,
  type SetpointReceipt,
} from '@flexledger/messaging';
import { type Clock, inOrder, isoFromMs, isoNow, msFromIso, messageOf } from '@flexledger/runtime';
import { type EmsDriver, type EmsTarget, FREE } from '../ems/ems-driver';
import type { NodeSigner } from '../signing/node-signer';
import { signContent } from '../signing/sign-measurement';
import type { Anomalies } from '../uplink/anomalies';

/**
 * The node's side of a setpoint: take it, tell the EMS, give the signed receipt with both times, and
 * have the EMS follow it MTU by MTU. A later setpoint replaces an earlier one where they overlap. One that
 * comes from the customer's own side is followed where the platform's ask for nothing: what was sold comes
 * before what is wished.
 */
export interface SetpointReceiver {
  /** Takes a message of the topic `setpoint`; an id it has seen gets its old receipt again. */
  receive(payload: Uint8Array): Promise<void>;
  /**
   * Takes a setpoint from the customer's own side.
   *
   * @returns when the EMS took it, or why it did not
   * @throws RangeError for what is no setpoint
   */
  receiveOwn(setpoint: OwnSetpoint): Promise<OwnReceipt>;
  /** The setpoints of the platform, oldest first, the last `KEPT_RECEIPTS`. */
  received(): readonly ReceivedSetpoint[];
  /** What the EMS follows; undefined when it is free. */
  followed(): FollowedTarget | undefined;
  /** An MTU begins: the EMS follows its target, or is let go when it has none. */
  begin(mtuStartMs: number): Promise<void>;
}

export interface SetpointReceiverOptions {
  readonly podId: string;
  readonly ems: EmsDriver;
  /** Shows the meter what is followed; never rejects. */
  readonly showMeter: (target: EmsTarget) => Promise<void>;
  readonly signer: NodeSigner;
  readonly clock: Clock;
  readonly anomalies: Anomalies;
  /** Neither rejects: a lost receipt is asked for again by the setpoint's coming again. */
  readonly publishReceipt: (receipt: SetpointAck) => Promise<void>;
  readonly publishActivation: (activation: ActivationMessage) => Promise<void>;
}

/** A setpoint of the customer's own side. */
export type OwnSetpoint = Pick<SetpointMessage, 'windowStart' | 'targetW' | 'targetVar'>;

/** When the EMS took it, ISO 8601 UTC, or why it did not. */
export type OwnReceipt = { readonly emsReceivedAt: string } | { readonly failureReason: string };

/** A setpoint of the platform and what was answered to it. */
export interface ReceivedSetpoint {
  readonly setpoint: SetpointMessage;
  readonly receipt: SetpointReceipt;
}

/** What the EMS is asked for now, and by whom. */
export interface FollowedTarget extends EmsTarget {
  /** Of the platform's setpoint; null where the customer's side asks. */
  readonly setpointId: string | null;
}

/** A setpoint of the customer's own side has no name; its form wants one. */
const NAMELESS = 'own';

const SETPOINT_UNREADABLE = 'setpoint-unreadable';
/** Further ahead nothing is sold. */
const LONGEST_AHEAD_MS = 48 * 3_600_000;
const KEPT_RECEIPTS = 200;
const REASON_CHARACTERS = 1_000;

export function createSetpointReceiver(options: SetpointReceiverOptions): SetpointReceiver {
  const { podId, ems, signer, clock, anomalies } = options;
  const kept = new Map<string, { readonly setpoint: SetpointMessage; readonly ack: SetpointAck }>();
  const plan = new Map<number, FollowedTarget>();
  /** By MTU too; followed where `plan` has nothing. */
  const ownPlan = new Map<number, FollowedTarget>();
  /** What the EMS follows; undefined when it is free. */
  let followed: FollowedTarget | undefined;
  const one = inOrder();

  async function receive(payload: Uint8Array): Promise<Answer> {
    const parsed = parseDeviceMessage('setpoint', payload);
    const fault = parsed.ok ? faultOf(parsed.message) : parsed.reason;
    if (!parsed.ok || fault !== undefined) {
      anomalies.raise('dsotp', SETPOINT_UNREADABLE, `a setpoint could not be read: ${fault}`);
      return {};
    }
    anomalies.clear('dsotp', SETPOINT_UNREADABLE);
    const setpoint = parsed.message;
    const known = kept.get(setpoint.setpointId);
    if (known) return { receipt: known.ack };

    const content = await take(setpoint, plan);
    const receipt = await signContent(content, signer);
    kept.set(setpoint.setpointId, { setpoint, ack: receipt });
    if (kept.size > KEPT_RECEIPTS) kept.delete(kept.keys().next().value!);
    // A setpoint that comes late begins at once; the MTU's own beginning has passed.
    const currentMtuMs = mtuHolding(clock.nowMs());
    const isLate = 'emsReceivedAt' in content && coversMtu(setpoint, currentMtuMs);
    return { receipt, ...(isLate && (await follow(currentMtuMs))) };
  }

  function faultOf(setpoint: SetpointMessage): string | undefined {
    if (setpoint.podId !== podId) return `it is for PoD ${setpoint.podId}`;
    const startMs = msFromIso(setpoint.windowStart);
    if (mtuHolding(startMs) !== startMs)
      return `${setpoint.windowStart} is not the start of an MTU`;
    return undefined;
  }

  async function receiveOwn(own: OwnSetpoint): Promise<OwnReceipt> {
    const text = JSON.stringify({ ...own, podId, setpointId: NAMELESS });
    const parsed = parseDeviceMessage('setpoint', Buffer.from(text));
    const fault = parsed.ok ? faultOf(parsed.message) : parsed.reason;
    if (!parsed.ok || fault !== undefined) throw new RangeError(fault);
    const taken = await take(parsed.message, ownPlan);
    const currentMtuMs = mtuHolding(clock.nowMs());
    const isLate = 'emsReceivedAt' in taken && coversMtu(parsed.message, currentMtuMs);
    if (isLate && !plan.has(currentMtuMs)) await follow(currentMtuMs);
    return 'emsReceivedAt' in taken
      ? { emsReceivedAt: taken.emsReceivedAt }
      : { failureReason: taken.failureReason };
  }

  async function take(
    setpoint: SetpointMessage,
    into: Map<number, FollowedTarget>,
  ): Promise<SetpointReceipt> {
    const { setpointId, targetW, targetVar } = setpoint;
    const startMs = msFromIso(setpoint.windowStart);
    const taken = { setpointId, podId, receivedAt: isoNow(clock) };
    const targets = targetW.map((powerW, i) => ({ powerW, reactiveVar: targetVar[i]! }));
    if (startMs + targets.length * MTU_MS <= clock.nowMs()) {
      return { ...taken, failureReason: 'the window had passed when the setpoint came' };
    }
    if (startMs - clock.nowMs() > LONGEST_AHEAD_MS) {
      return { ...taken, failureReason: 'the window begins more than 48 h ahead' };
    }
    try {
      await ems.accept({ startMs, targets });
    } catch (error) {
      const failureReason = `the EMS did not take it: ${messageOf(error)}`;
      anomalies.raise('ems', 'setpoint-refused', failureReason);
      return { ...taken, failureReason: failureReason.slice(0, REASON_CHARACTERS) };
    }
    anomalies.clear('ems');
    const ofPlatform = into === plan ? setpointId : null;
    targets.forEach((target, i) =>
      into.set(startMs + i * MTU_MS, { ...target, setpointId: ofPlatform }),
    );
    return { ...taken, emsReceivedAt: isoNow(clock) };
  }

  async function follow(mtuStartMs: number): Promise<Answer> {
    for (const planned of [plan, ownPlan]) {
      for (const plannedMs of planned.keys()) if (plannedMs < mtuStartMs) planned.delete(plannedMs);
    }
    const target = plan.get(mtuStartMs) ?? ownPlan.get(mtuStartMs);
    if (!target && !followed) return {};
    try {
      await ems.apply(target ? { powerW: target.powerW, reactiveVar: target.reactiveVar } : FREE);
    } catch (error) {
      anomalies.raise(
        'ems',
        'setpoint-not-followed',
        `the EMS did not follow: ${messageOf(error)}`,
      );
      return {};
    }
    anomalies.clear('ems');
    await options.showMeter(target ?? FREE);
    const isNew = target !== undefined && !isSame(target, followed);
    followed = target;
    // The platform is told of its own setpoints only.
    if (!isNew || target.setpointId === null) return {};
    return {
      activation: await activationOf({ ...target, setpointId: target.setpointId }, mtuStartMs),
    };
  }

  function activationOf(
    target: EmsTarget & { readonly setpointId: string },
    mtuStartMs: number,
  ): Promise<ActivationMessage> {
    const { setpointId, powerW, reactiveVar } = target;
    const activation = {
      setpointId,
      podId,
      mtuStart: isoFromMs(mtuStartMs),
      targetW: powerW,
      targetVar: reactiveVar,
      appliedAt: isoNow(clock),
    };
    return signContent(activation, signer);
  }

  // What is to be told is told outside the queue: a slow broker must not hold up the EMS.
  async function tell({ receipt, activation }: Answer): Promise<void> {
    if (receipt) await options.publishReceipt(receipt);
    if (activation) await options.publishActivation(activation);
  }

  return {
    receive: async (payload) => tell(await one(() => receive(payload))),
    receiveOwn: (setpoint) => one(() => receiveOwn(setpoint)),
    received: () =>
      [...kept.values()].map(({ setpoint, ack }) => ({ setpoint, receipt: ack.content })),
    followed: () => followed,
    begin: async (mtuStartMs) => tell(await one(() => follow(mtuStartMs))),
  };
}

/** What the platform is to be told. */
interface Answer {
  readonly receipt?: SetpointAck;
  readonly activation?: ActivationMessage;
}

function coversMtu({ windowStart, targetW }: SetpointMessage, mtuStartMs: number): boolean {
  const index = (mtuStartMs - msFromIso(windowStart)) / MTU_MS;
  return index >= 0 && index < targetW.length;
}

function isSame(one: FollowedTarget, other: FollowedTarget | undefined): boolean {
  return (
    one.setpointId === other?.setpointId &&
    one.powerW === other.powerW &&
    one.reactiveVar === other.reactiveVar
  );
}
