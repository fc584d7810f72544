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
 * have the EMS follow it MTU by MTU. A later setpoint replaces an earlier one where they overlap.
 */
export interface SetpointReceiver {
  /** Takes a message of the topic `setpoint`; an id it has seen gets its old receipt again. */
  receive(payload: Uint8Array): Promise<void>;
  /** An MTU begins: the EMS follows its target, or is let go when it has none. */
  begin(mtuStartMs: number): Promise<void>;
}

export interface SetpointReceiverOptions {
  readonly podId: string;
  readonly ems: EmsDriver;
  readonly signer: NodeSigner;
  readonly clock: Clock;
  readonly anomalies: Anomalies;
  /** Neither rejects: a lost receipt is asked for again by the setpoint's coming again. */
  readonly publishReceipt: (receipt: SetpointAck) => Promise<void>;
  readonly publishActivation: (activation: ActivationMessage) => Promise<void>;
}

interface PlannedTarget extends EmsTarget {
  readonly setpointId: string;
}

/** Further ahead nothing is sold. */
const LONGEST_AHEAD_MS = 48 * 3_600_000;
const KEPT_RECEIPTS = 200;
const REASON_CHARACTERS = 1_000;

export function createSetpointReceiver(options: SetpointReceiverOptions): SetpointReceiver {
  const { podId, ems, signer, clock, anomalies } = options;
  const receipts = new Map<string, SetpointAck>();
  const plan = new Map<number, PlannedTarget>();
  /** What the EMS follows; undefined when it is free. */
  let followed: PlannedTarget | undefined;
  const one = inOrder();

  async function receive(payload: Uint8Array): Promise<Answer> {
    const parsed = parseDeviceMessage('setpoint', payload);
    const fault = parsed.ok ? faultOf(parsed.message) : parsed.reason;
    if (!parsed.ok || fault !== undefined) {
      anomalies.raise('dsotp', `a setpoint could not be read: ${fault}`);
      return {};
    }
    anomalies.clear('dsotp');
    const setpoint = parsed.message;
    const known = receipts.get(setpoint.setpointId);
    if (known) return { receipt: known };

    const content = await take(setpoint);
    const receipt = await signContent(content, signer);
    receipts.set(setpoint.setpointId, receipt);
    if (receipts.size > KEPT_RECEIPTS) receipts.delete(receipts.keys().next().value!);
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

  async function take(setpoint: SetpointMessage): Promise<SetpointReceipt> {
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
      anomalies.raise('ems', failureReason);
      return { ...taken, failureReason: failureReason.slice(0, REASON_CHARACTERS) };
    }
    anomalies.clear('ems');
    targets.forEach((target, i) => plan.set(startMs + i * MTU_MS, { ...target, setpointId }));
    return { ...taken, emsReceivedAt: isoNow(clock) };
  }

  async function follow(mtuStartMs: number): Promise<Answer> {
    for (const plannedMs of plan.keys()) if (plannedMs < mtuStartMs) plan.delete(plannedMs);
    const target = plan.get(mtuStartMs);
    if (!target && !followed) return {};
    try {
      await ems.apply(target ? { powerW: target.powerW, reactiveVar: target.reactiveVar } : FREE);
    } catch (error) {
      anomalies.raise('ems', `the EMS did not follow: ${messageOf(error)}`);
      return {};
    }
    anomalies.clear('ems');
    const isNew = target !== undefined && !isSame(target, followed);
    followed = target;
    return isNew ? { activation: await activationOf(target, mtuStartMs) } : {};
  }

  function activationOf(target: PlannedTarget, mtuStartMs: number): Promise<ActivationMessage> {
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

function isSame(one: PlannedTarget, other: PlannedTarget | undefined): boolean {
  return (
    one.setpointId === other?.setpointId &&
    one.powerW === other.powerW &&
    one.reactiveVar === other.reactiveVar
  );
}
