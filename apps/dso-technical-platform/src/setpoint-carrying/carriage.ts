import {
  type ActivationCommand,
  activationDecider,
  type ActivationEvent,
  type ActivationState,
  activationStream,
  instantInName,
  type IssuedSetpoint,
  type RecordedEvent,
  MTU_MS,
} from '@flexledger/domain';
import { type AddressedCommand, contextFrom, type EventStore } from '@flexledger/event-store';
import type { SetpointMessage, SetpointReceipt } from '@flexledger/messaging';
import { msFromIso } from '@flexledger/runtime';

/**
 * A setpoint on its way to its node. `queued`: to be published, or waiting for its node to come
 * back; `carried`: its answer is due by `dueMs`; `settled`: answered or given up, and kept because
 * an answer may still come.
 */
export interface Carriage {
  /** The `SetpointIssued` that began it. */
  readonly cause: RecordedEvent;
  readonly setpoint: IssuedSetpoint;
  readonly streamId: string;
  phase: 'queued' | 'carried' | 'settled';
  /** The EMS has taken it. */
  isApplied: boolean;
  attempts: number;
  dueMs: number;
  /** Whoever collects answers still waits for this one. */
  isAwaited: boolean;
}

/** The carriage of an issued setpoint as the log has it now; undefined when another took its place. */
export async function carriageOf(
  cause: RecordedEvent,
  log: EventStore,
): Promise<Carriage | undefined> {
  const setpoint = cause.data as IssuedSetpoint;
  const startName = instantInName(msFromIso(setpoint.windowStart));
  const streamId = activationStream(startName, setpoint.podId);
  let state: ActivationState = activationDecider.initialState;
  for await (const event of log.readStream(streamId)) {
    state = activationDecider.evolve(state, event as unknown as ActivationEvent);
  }
  if (state.status === 'none' || state.setpoint.setpointId !== setpoint.setpointId)
    return undefined;
  const isOpen = state.status === 'issued' || state.status === 'carried';
  const phase: Carriage['phase'] = isOpen ? 'queued' : 'settled';
  const isApplied = state.status === 'applied';
  const way = { phase, attempts: state.attempts, dueMs: Infinity, isApplied, isAwaited: isOpen };
  return { cause, setpoint, streamId, ...way };
}

export function windowEndMs({ windowStart, targetW }: IssuedSetpoint): number {
  return msFromIso(windowStart) + targetW.length * MTU_MS;
}

export function messageOf(setpoint: IssuedSetpoint): SetpointMessage {
  const { setpointId, podId, windowStart, targetW, targetVar } = setpoint;
  return { setpointId, podId, windowStart, targetW, targetVar };
}

/** Order of the log: window, then PoD. */
export function inLogOrder(one: Carriage, other: Carriage): number {
  return compare(one.streamId, other.streamId);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What the node's receipt says: it has the setpoint, and the EMS took it or did not. */
export function answersOf(
  carriage: Carriage,
  receipt: SetpointReceipt,
): AddressedCommand<ActivationCommand>[] {
  const { podId, setpointId, receivedAt } = receipt;
  const of = { podId, setpointId };
  const outcome: ActivationCommand =
    'emsReceivedAt' in receipt
      ? { kind: 'reportApplied', ...of, at: receipt.emsReceivedAt }
      : { kind: 'reportFailed', ...of, reason: receipt.failureReason };
  const actor = `node:${podId}`;
  return [
    step(carriage, { kind: 'reportReceived', ...of, at: receivedAt }, actor),
    step(carriage, outcome, actor),
  ];
}

export function carriedBy({ setpoint }: Carriage, attempt: number): ActivationCommand {
  const { podId, setpointId } = setpoint;
  return { kind: 'reportCarried', podId, setpointId, attempt };
}

export function failedFor({ setpoint }: Carriage, reason: string): ActivationCommand {
  const { podId, setpointId } = setpoint;
  return { kind: 'reportFailed', podId, setpointId, reason };
}

/** A command of this carriage; it follows from the setpoint's issuing. */
export function step(
  { cause, streamId, attempts }: Carriage,
  command: ActivationCommand,
  actor = 'dso',
): AddressedCommand<ActivationCommand> {
  const context = contextFrom(cause, `carrying/${command.kind}/${attempts}`, actor);
  return { streamId, command, context };
}
