import type { Decider } from '../log/decider';
import { MTU_MINUTES, mtuHolding } from '../time/delivery-day';
import { MTUS_PER_HOUR } from '../units/units';
import type { MeterEvent, RejectionReason } from './events';
import type { MeasurementInput, MeasurementPacket } from './packet';

/** What a packet may claim at most. */
export interface PacketLimits {
  /** How far the end of the quarter-hour may lie ahead of the platform's clock. */
  readonly maxFutureMs: number;
  /** How long ago the quarter-hour may have begun: the depth of the node's store-and-forward. */
  readonly maxAgeMs: number;
  /** Mean power of a quarter-hour above which no connection of this kind can be. */
  readonly maxPowerW: number;
}

/** What was found out about a packet outside the decider: cryptography, register, clock. */
export interface PacketFacts {
  /** The packet as received. */
  readonly packetText: string;
  /** PoD of the topic it came on, for which the broker has let the sender in. */
  readonly topicPodId: string;
  /** The key enrolled for the topic's PoD; undefined when no node is. */
  readonly enrolledKey: string | undefined;
  /** SHA-256 of the canonical `inputData` is `hash`. */
  readonly hashMatches: boolean;
  /** `signedHash` is a signature of `hash` by the enrolled key. */
  readonly signatureValid: boolean;
  readonly nowMs: number;
  readonly limits: PacketLimits;
  /** Last sequence recorded for the PoD in an earlier month, -1 without one. */
  readonly previousSequence: number;
  /** First sequence recorded for the PoD in a later month, where there is one. */
  readonly followingSequence?: number;
}

export type MeterCommand =
  | ({ readonly kind: 'recordPacket'; readonly packet: MeasurementPacket } & PacketFacts)
  | {
      /** Evidence of what cannot even be read. */
      readonly kind: 'rejectPacket';
      readonly podId: string;
      readonly reason: RejectionReason;
      readonly detail: string;
      readonly packetText: string;
    };

export interface RecordedQuarterHour {
  readonly sequence: number;
  readonly mtuStartMs: number;
  readonly hash: string;
}

/**
 * One PoD's month. `days[d]` holds what was recorded on day d + 1 (UTC), in order of sequence, which
 * is the order of time as well; split by day so that a packet copies a day's list and not a month's.
 */
export type MeterState =
  | { readonly status: 'empty' }
  | {
      readonly status: 'recording';
      readonly firstSequence: number;
      readonly lastSequence: number;
      readonly days: readonly (readonly RecordedQuarterHour[])[];
    };

/**
 * Which packets become measurements. A packet that was recorded already is answered by no event, so
 * a node may send again as often as it likes. Sequences may have gaps and may arrive late (a node
 * forwards what it stored), but a higher sequence must mean a later quarter-hour, and each sequence
 * and each quarter-hour stands once: what breaks that is `out-of-order` or `replayed`.
 */
export const meterDecider: Decider<MeterState, MeterCommand, MeterEvent> = {
  initialState: { status: 'empty' },
  decide,
  evolve,
};

/** Stream for what no enrolled node has sent. */
export const UNKNOWN_SENDER = 'unknown';

const PACKET_CHARACTERS = 4_096;
const MTU_MS = MTU_MINUTES * 60_000;

interface Rejection {
  readonly reason: RejectionReason;
  readonly detail: string;
}

type RecordPacket = Extract<MeterCommand, { kind: 'recordPacket' }>;

function decide(command: MeterCommand, state: MeterState): MeterEvent[] {
  if (command.kind === 'rejectPacket') return [rejected(command.podId, command, command)];
  const { packet, topicPodId } = command;
  const untrusted = forged(command) ?? unbelievable(command);
  if (untrusted) return [rejected(senderOf(command), untrusted, command)];
  const standing = find(state, packet.sequence);
  if (standing?.hash === packet.hash) return [];
  const misplaced = standing
    ? replayed(`sequence ${packet.sequence} is recorded with another content`)
    : outOfPlace(command, state);
  if (misplaced) return [rejected(topicPodId, misplaced, command)];
  const { podId, sequence, inputData, hash, signedHash } = packet;
  return [{ type: 'MeasurementRecorded', data: { podId, sequence, inputData, hash, signedHash } }];
}

/** Is it this node's own word? */
function forged(command: RecordPacket): Rejection | undefined {
  const { packet, topicPodId, enrolledKey, hashMatches, signatureValid } = command;
  const { inputData } = packet;
  if (enrolledKey === undefined) {
    return { reason: 'unknown-node', detail: `no node is enrolled for PoD ${topicPodId}` };
  }
  if (packet.podId !== topicPodId) {
    return { reason: 'wrong-topic', detail: `PoD ${packet.podId} on the topic of ${topicPodId}` };
  }
  if (packet.publicKey !== enrolledKey) {
    return { reason: 'wrong-key', detail: 'the public key is not the enrolled one' };
  }
  if (!hashMatches) {
    return { reason: 'wrong-hash', detail: 'the hash is not that of the input data' };
  }
  if (!signatureValid) {
    return { reason: 'wrong-signature', detail: 'the signature is not by the enrolled key' };
  }
  if (inputData.podId !== packet.podId || inputData.sequence !== packet.sequence) {
    const signed = `PoD ${inputData.podId}, sequence ${inputData.sequence}`;
    const shown = `PoD ${packet.podId}, sequence ${packet.sequence}`;
    return { reason: 'malformed', detail: `signed for ${signed}, sent as ${shown}` };
  }
  return undefined;
}

/** Can it be true? */
function unbelievable(command: RecordPacket): Rejection | undefined {
  const { packet, nowMs, limits } = command;
  const { inputData } = packet;
  const startMs = Date.parse(inputData.mtuStart);
  if (Number.isNaN(startMs) || mtuHolding(startMs) !== startMs) {
    return { reason: 'wrong-time', detail: `${inputData.mtuStart} does not start a quarter-hour` };
  }
  const aheadMs = startMs + MTU_MS - nowMs;
  if (aheadMs > limits.maxFutureMs) {
    return { reason: 'wrong-time', detail: `the quarter-hour ends ${aheadMs} ms ahead` };
  }
  const ageMs = nowMs - startMs;
  if (ageMs > limits.maxAgeMs) {
    return { reason: 'wrong-time', detail: `the quarter-hour began ${ageMs} ms ago` };
  }
  return implausible(inputData, limits.maxPowerW);
}

function implausible(inputData: MeasurementInput, maxPowerW: number): Rejection | undefined {
  const { withdrawnWh, injectedWh, reactiveVarh, withdrawnTotalWh, injectedTotalWh } = inputData;
  const counted = { withdrawnWh, injectedWh, withdrawnTotalWh, injectedTotalWh };
  for (const [field, value] of Object.entries({ ...counted, reactiveVarh })) {
    if (!Number.isSafeInteger(value) || (value < 0 && field in counted)) {
      return { reason: 'implausible', detail: `${field} ${value} is not a count` };
    }
  }
  for (const [field, value] of Object.entries({ withdrawnWh, injectedWh, reactiveVarh })) {
    if (Math.abs(value) * MTUS_PER_HOUR > maxPowerW) {
      const detail = `${field} ${value} in a quarter-hour is more than ${maxPowerW} W allows`;
      return { reason: 'implausible', detail };
    }
  }
  return undefined;
}

/** Does it fit between what is recorded? */
function outOfPlace(command: RecordPacket, state: MeterState): Rejection | undefined {
  const { sequence, inputData } = command.packet;
  const startMs = Date.parse(inputData.mtuStart);
  const sameQuarterHour = dayOf(state, startMs).find((other) => other.mtuStartMs === startMs);
  if (sameQuarterHour) {
    return replayed(`${inputData.mtuStart} is recorded with sequence ${sameQuarterHour.sequence}`);
  }
  const { before, after } = neighbours(state, startMs);
  const lower = before?.sequence ?? command.previousSequence;
  const upper = after?.sequence ?? command.followingSequence ?? Infinity;
  if (sequence <= lower)
    return outOfOrder(`${sequence} comes not after ${lower}, measured earlier`);
  if (sequence >= upper) return outOfOrder(`${sequence} comes not before ${upper}, measured later`);
  return undefined;
}

function outOfOrder(detail: string): Rejection {
  return { reason: 'out-of-order', detail: `sequence ${detail}` };
}

function replayed(detail: string): Rejection {
  return { reason: 'replayed', detail };
}

/** Nobody without an enrolled node gets a name in the log. */
function senderOf(command: RecordPacket): string {
  return command.enrolledKey === undefined ? UNKNOWN_SENDER : command.topicPodId;
}

function rejected(
  podId: string,
  { reason, detail }: Rejection,
  { packetText }: { readonly packetText: string },
): MeterEvent {
  const packet = packetText.slice(0, PACKET_CHARACTERS);
  return { type: 'PacketRejected', data: { podId, reason, detail, packet } };
}

function evolve(state: MeterState, event: MeterEvent): MeterState {
  if (event.type !== 'MeasurementRecorded') return state;
  const { sequence, hash, inputData } = event.data;
  const mtuStartMs = Date.parse(inputData.mtuStart);
  const day = dayIndex(mtuStartMs);
  const days = state.status === 'empty' ? [] : [...state.days];
  while (days.length <= day) days.push([]);
  const others = days[day]!;
  const place = others.findLastIndex((other) => other.sequence < sequence) + 1;
  days[day] = others.toSpliced(place, 0, { sequence, mtuStartMs, hash });
  return {
    status: 'recording',
    firstSequence: state.status === 'empty' ? sequence : Math.min(state.firstSequence, sequence),
    lastSequence: state.status === 'empty' ? sequence : Math.max(state.lastSequence, sequence),
    days,
  };
}

function find(state: MeterState, sequence: number): RecordedQuarterHour | undefined {
  if (state.status === 'empty') return undefined;
  if (sequence > state.lastSequence || sequence < state.firstSequence) return undefined;
  const day = state.days.findLast((others) => others[0] && others[0].sequence <= sequence);
  return day?.find((other) => other.sequence === sequence);
}

/** What is recorded right before and right after an instant. */
function neighbours(
  state: MeterState,
  mtuStartMs: number,
): { before: RecordedQuarterHour | undefined; after: RecordedQuarterHour | undefined } {
  if (state.status === 'empty') return { before: undefined, after: undefined };
  const earlier = (other: RecordedQuarterHour): boolean => other.mtuStartMs < mtuStartMs;
  const later = (other: RecordedQuarterHour): boolean => other.mtuStartMs > mtuStartMs;
  return {
    before: state.days.findLast((day) => day[0] && earlier(day[0]))?.findLast(earlier),
    after: state.days.find((day) => day.length > 0 && later(day.at(-1)!))?.find(later),
  };
}

function dayOf(state: MeterState, mtuStartMs: number): readonly RecordedQuarterHour[] {
  return state.status === 'empty' ? [] : (state.days[dayIndex(mtuStartMs)] ?? []);
}

function dayIndex(mtuStartMs: number): number {
  return new Date(mtuStartMs).getUTCDate() - 1;
}
