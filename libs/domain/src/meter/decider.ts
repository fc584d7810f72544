import type { Decider } from '../log/decider';
import { wellFormed } from '../log/legible-text';
import { MTU_MINUTES, mtuHolding, MTU_MS } from '../time/delivery-day';
import { MTUS_PER_HOUR } from '../units/units';
import type { MeterCounters, MeterEvent, RejectionReason } from './events';
import { type MeasurementInput, type MeasurementPacket, chain2FullFault } from './packet';

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
  /** Counters as known last in an earlier month, where there are any. */
  readonly previousCounters?: MeterCounters;
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

/** Why a packet is no measurement. */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly detail: string;
  /** With `counter-reset`: where the counters stand since. */
  readonly counters?: MeterCounters;
}

/**
 * What was recorded on one day, in columns and in order of sequence, which is the order of time as
 * well: numbers, because a platform keeps the months of all its meters in memory.
 */
export interface RecordedDay {
  readonly sequences: readonly number[];
  /** Quarter-hour of the month, 0 for its first in UTC. */
  readonly quarterHours: readonly number[];
  /** First 52 bits of each packet's hash, enough to tell a repetition from another packet. */
  readonly fingerprints: readonly number[];
}

/** One PoD's month (UTC); `days[0]` is its first. */
export interface MeterState {
  readonly days: readonly RecordedDay[];
  /** Counters of the highest sequence that was recorded, or refused for its counters. */
  readonly counters?: MeterCounters;
  /** Whether that packet was refused, so that it stays so. */
  readonly isReset?: boolean;
  /** Rejected packets kept as evidence. */
  readonly rejections: number;
}

/**
 * Which packets become measurements. A packet that was recorded already is answered by no event, so
 * a node may send again as often as it likes. Sequences may have gaps and may arrive late (a node
 * forwards what it stored), but a higher sequence must mean a later quarter-hour, and each sequence
 * and each quarter-hour stands once: what breaks that is `out-of-order` or `replayed`. Counters never run
 * backwards: a packet whose counters do is refused as a `counter-reset`, since nobody knows what was
 * counted in between, and those after it are judged by where they stand then. A rejected
 * packet is kept as evidence up to `MAX_REJECTIONS` a stream, so that nobody fills the log with it.
 */
export const meterDecider: Decider<MeterState, MeterCommand, MeterEvent> = {
  initialState: { days: [], rejections: 0 },
  decide,
  evolve,
};

/** Sender of what came from no enrolled node. */
export const UNKNOWN_SENDER = 'unknown';

/** Rejected packets kept for one PoD and month; further ones are answered, but not recorded. */
export const MAX_REJECTIONS = 200;

const PACKET_CHARACTERS = 4_096;

type RecordPacket = Extract<MeterCommand, { kind: 'recordPacket' }>;

function decide(command: MeterCommand, state: MeterState): MeterEvent[] {
  const rejection = rejectionOf(command, state);
  if (rejection) {
    if (state.rejections >= MAX_REJECTIONS) return [];
    const { reason } = rejection;
    const detail = wellFormed(rejection.detail);
    const packet = wellFormed(command.packetText.slice(0, PACKET_CHARACTERS));
    const { counters } = rejection;
    const evidence = { podId: senderOf(command), reason, detail, packet };
    const data = { ...evidence, ...(counters && { counters }) };
    return [{ type: 'PacketRejected', data }];
  }
  const { packet } = command as RecordPacket;
  if (fingerprintAt(state, packet.sequence) !== undefined) return [];
  const { podId, sequence, inputData, hash, signedHash } = packet;
  return [{ type: 'MeasurementRecorded', data: { podId, sequence, inputData, hash, signedHash } }];
}

/** Why the packet is refused; undefined when it is, or already stands as, a measurement. */
export function rejectionOf(command: MeterCommand, state: MeterState): Rejection | undefined {
  if (command.kind === 'rejectPacket') return command;
  return (
    forged(command) ??
    unbelievable(command) ??
    misplaced(command, state) ??
    backwards(command, state)
  );
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
  if (mtuHolding(startMs) !== startMs || !isSpelling(inputData.mtuStart, startMs)) {
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

/** One instant, one spelling, milliseconds or not: `2026-02-31` would be the third of March. */
function isSpelling(instant: string, epochMs: number): boolean {
  const iso = new Date(epochMs).toISOString();
  return instant === iso || instant === iso.replace('.000Z', 'Z');
}

const MEASURED = ['withdrawnWh', 'injectedWh', 'reactiveVarh'] as const;
/** In the order in which they are looked at. */
const COUNTED = [
  'withdrawnWh',
  'injectedWh',
  'withdrawnTotalWh',
  'injectedTotalWh',
  'reactiveVarh',
] as const;

function implausible(inputData: MeasurementInput, maxPowerW: number): Rejection | undefined {
  for (const field of COUNTED) {
    const value = inputData[field];
    if (!Number.isSafeInteger(value) || (value < 0 && field !== 'reactiveVarh')) {
      return { reason: 'implausible', detail: `${field} ${value} is not a count` };
    }
  }
  for (const field of MEASURED) {
    const value = inputData[field];
    if (Math.abs(value) * MTUS_PER_HOUR > maxPowerW) {
      const detail = `${field} ${value} in a quarter-hour is more than ${maxPowerW} W allows`;
      return { reason: 'implausible', detail };
    }
  }
  const detail = chain2FullFault(inputData);
  return detail === undefined ? undefined : { reason: 'implausible', detail };
}

/** Does it contradict what is recorded? */
function misplaced(command: RecordPacket, state: MeterState): Rejection | undefined {
  const { sequence, hash, inputData } = command.packet;
  const standing = fingerprintAt(state, sequence);
  if (standing === fingerprintOf(hash)) return undefined;
  if (standing !== undefined) {
    return replayed(`sequence ${sequence} is recorded with another content`);
  }
  const quarterHour = quarterHourOf(inputData.mtuStart);
  const { quarterHours, sequences } = state.days[dayOf(quarterHour)] ?? EMPTY_DAY;
  const taken = quarterHours.indexOf(quarterHour);
  if (taken >= 0) {
    return replayed(`${inputData.mtuStart} is recorded with sequence ${sequences[taken]}`);
  }
  const lower = sequenceBefore(state, quarterHour) ?? command.previousSequence;
  const upper = sequenceAfter(state, quarterHour) ?? command.followingSequence ?? Infinity;
  if (sequence <= lower)
    return outOfOrder(`${sequence} comes not after ${lower}, measured earlier`);
  if (sequence >= upper) return outOfOrder(`${sequence} comes not before ${upper}, measured later`);
  return undefined;
}

/** Do its counters stand lower than those known before it? */
function backwards(command: RecordPacket, state: MeterState): Rejection | undefined {
  const { packet, previousCounters } = command;
  if (fingerprintAt(state, packet.sequence) !== undefined) return undefined;
  const known = state.counters ?? previousCounters;
  if (!known || packet.sequence < known.sequence) return undefined;
  const counters = countersOf(packet);
  const isRefused = state.isReset === true && packet.sequence === known.sequence;
  const isLower =
    counters.withdrawnTotalWh < known.withdrawnTotalWh ||
    counters.injectedTotalWh < known.injectedTotalWh;
  if (!isLower && !isRefused) return undefined;
  const told = ({ withdrawnTotalWh, injectedTotalWh }: MeterCounters): string =>
    `${withdrawnTotalWh} Wh withdrawn, ${injectedTotalWh} Wh fed in`;
  const detail = `counters of ${told(counters)} come after ${told(known)}; later packets are judged by these`;
  return { reason: 'counter-reset', detail, counters };
}

function countersOf({ sequence, inputData }: Pick<MeasurementPacket, 'sequence' | 'inputData'>) {
  const { withdrawnTotalWh, injectedTotalWh } = inputData;
  return { sequence, withdrawnTotalWh, injectedTotalWh };
}

function replayed(detail: string): Rejection {
  return { reason: 'replayed', detail };
}

function outOfOrder(detail: string): Rejection {
  return { reason: 'out-of-order', detail: `sequence ${detail}` };
}

/** Nobody without an enrolled node gets a name in the log. */
function senderOf(command: MeterCommand): string {
  if (command.kind === 'rejectPacket') return command.podId;
  return command.enrolledKey === undefined ? UNKNOWN_SENDER : command.topicPodId;
}

function evolve(state: MeterState, event: MeterEvent): MeterState {
  if (event.type === 'PacketRejected') {
    const { counters } = event.data;
    const since = counters && { counters, isReset: true };
    return { ...state, ...since, rejections: state.rejections + 1 };
  }
  if (event.type !== 'MeasurementRecorded') return state;
  const { sequence, hash, inputData } = event.data;
  const quarterHour = quarterHourOf(inputData.mtuStart);
  const day = dayOf(quarterHour);
  const days = [...state.days];
  while (days.length <= day) days.push(EMPTY_DAY);
  const { sequences, quarterHours, fingerprints } = days[day]!;
  const place = sequences.findLastIndex((other) => other < sequence) + 1;
  days[day] = {
    sequences: sequences.toSpliced(place, 0, sequence),
    quarterHours: quarterHours.toSpliced(place, 0, quarterHour),
    fingerprints: fingerprints.toSpliced(place, 0, fingerprintOf(hash)),
  };
  const isLast = !state.counters || sequence > state.counters.sequence;
  return { ...state, days, ...(isLast && { counters: countersOf(event.data), isReset: false }) };
}

/** First and last sequence recorded in the month. */
export function sequencesRecorded(
  state: MeterState,
): { readonly first: number; readonly last: number } | undefined {
  const first = state.days.find((day) => day.sequences.length > 0)?.sequences[0];
  const last = state.days.at(-1)?.sequences.at(-1);
  return first === undefined || last === undefined ? undefined : { first, last };
}

const EMPTY_DAY: RecordedDay = { sequences: [], quarterHours: [], fingerprints: [] };

function fingerprintAt({ days }: MeterState, sequence: number): number | undefined {
  const day = days.findLast(({ sequences }) => sequences.length > 0 && sequences[0]! <= sequence);
  return day?.fingerprints[day.sequences.indexOf(sequence)];
}

function sequenceBefore({ days }: MeterState, quarterHour: number): number | undefined {
  for (let day = Math.min(dayOf(quarterHour), days.length - 1); day >= 0; day -= 1) {
    const { sequences, quarterHours } = days[day]!;
    const index = quarterHours.findLastIndex((other) => other < quarterHour);
    if (index >= 0) return sequences[index];
  }
  return undefined;
}

function sequenceAfter({ days }: MeterState, quarterHour: number): number | undefined {
  for (let day = dayOf(quarterHour); day < days.length; day += 1) {
    const { sequences, quarterHours } = days[day]!;
    const index = quarterHours.findIndex((other) => other > quarterHour);
    if (index >= 0) return sequences[index];
  }
  return undefined;
}

const MTUS_PER_DAY = 24 * MTUS_PER_HOUR;

function quarterHourOf(mtuStart: string): number {
  const start = new Date(mtuStart);
  const hours = (start.getUTCDate() - 1) * 24 + start.getUTCHours();
  return hours * MTUS_PER_HOUR + Math.floor(start.getUTCMinutes() / MTU_MINUTES);
}

function dayOf(quarterHour: number): number {
  return Math.floor(quarterHour / MTUS_PER_DAY);
}

function fingerprintOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 13), 16);
}
