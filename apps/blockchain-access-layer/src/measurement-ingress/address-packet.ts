import {
  type MeterCommand,
  type MeterState,
  meterStream,
  type PacketFacts,
  type PacketLimits,
  sequencesRecorded,
  UNKNOWN_SENDER,
  MTU_MS,
} from '@flexledger/domain';
import { type AddressedCommand, recurringContextOf } from '@flexledger/event-store';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { ExaminedPacket } from './examine-packet';

/** How far a quarter-hour may lie from the platform's clock. */
export type TimeLimits = Pick<PacketLimits, 'maxFutureMs' | 'maxAgeMs'>;

export interface PacketAddressing {
  readonly nowMs: number;
  readonly limits: TimeLimits;
  readonly maxPowerWOf: (podId: string) => number;
  readonly stateOf: (streamId: string) => Promise<MeterState>;
  /** As `stateOf`, where others may have gone further. */
  readonly knownStateOf: (streamId: string) => Promise<MeterState>;
  /** What was found of the months around a stream's, by stream, for packets that are addressed together. */
  readonly around: Map<string, MonthsAround>;
}

/**
 * The command a packet leads to and the stream it goes to: the month of its quarter-hour, or, where
 * that cannot be believed, the month in which it came; and the stream of `unknown` for a sender
 * without an enrolled node. So nobody opens streams at will.
 */
export async function addressPacket(
  examined: ExaminedPacket,
  addressing: PacketAddressing,
): Promise<AddressedCommand<MeterCommand>> {
  const { podId: topicPodId, reading, packetText, enrolledKey, digest } = examined;
  const { nowMs, limits, maxPowerWOf } = addressing;
  const sender = enrolledKey === undefined ? UNKNOWN_SENDER : topicPodId;
  const streamIn = (atMs: number): string => meterStream(sender, isoFromMs(atMs));
  const name = `measurement/${digest}`;
  const context = recurringContextOf(name, name, `node:${topicPodId}`);
  if (!reading.ok) {
    const detail = `${topicPodId}: ${reading.reason}`;
    return {
      streamId: streamIn(nowMs),
      command: { kind: 'rejectPacket', podId: sender, reason: 'malformed', detail, packetText },
      context,
    };
  }
  const { packet, hashMatches, signatureValid } = reading;
  const startMs = msFromIso(packet.inputData.mtuStart);
  const streamId = streamIn(isWithin(limits, startMs, nowMs) ? startMs : nowMs);
  const around = signatureValid
    ? await sequencesAround(packet.sequence, startMs, streamIn, addressing)
    : { previousSequence: -1 };
  return {
    streamId,
    command: {
      kind: 'recordPacket',
      packet,
      packetText,
      topicPodId,
      enrolledKey,
      hashMatches,
      signatureValid,
      nowMs,
      limits: { ...limits, maxPowerW: maxPowerWOf(topicPodId) },
      ...around,
    },
    context,
  };
}

function isWithin(limits: TimeLimits, startMs: number, nowMs: number): boolean {
  const endMs = startMs + MTU_MS;
  return endMs - nowMs <= limits.maxFutureMs && nowMs - startMs <= limits.maxAgeMs;
}

/** What stands in the months around. */
type Around = Pick<PacketFacts, 'previousSequence' | 'followingSequence' | 'previousCounters'>;

/** Both sides of a month, each looked for once. */
export interface MonthsAround {
  before?: Pick<Around, 'previousSequence' | 'previousCounters'>;
  after?: Pick<Around, 'followingSequence'>;
}

/** What stands in the months around a packet's, asked only where its own does not settle it. */
async function sequencesAround(
  sequence: number,
  startMs: number,
  streamIn: (atMs: number) => string,
  addressing: PacketAddressing,
): Promise<Around> {
  const streamId = streamIn(startMs);
  // What others have added to its own month the decision meets; the months around it does not read.
  const own = sequencesRecorded(await addressing.knownStateOf(streamId));
  const found = addressing.around.get(streamId) ?? {};
  addressing.around.set(streamId, found);
  if (!own || sequence < own.first) found.before ??= await before(startMs, streamIn, addressing);
  if (!own || sequence > own.last) found.after ??= await after(startMs, streamIn, addressing);
  return { previousSequence: -1, ...found.before, ...found.after };
}

async function before(
  startMs: number,
  streamIn: (atMs: number) => string,
  { stateOf, nowMs, limits }: PacketAddressing,
): Promise<NonNullable<MonthsAround['before']>> {
  const oldestMs = nowMs - limits.maxAgeMs;
  let previousSequence = -1;
  let previousCounters: MeterState['counters'];
  for (let atMs = startMs; previousSequence < 0 && atMs > oldestMs;) {
    atMs = monthStartMs(atMs, -1);
    const state = await stateOf(streamIn(atMs));
    previousSequence = sequencesRecorded(state)?.last ?? -1;
    previousCounters ??= state.counters;
  }
  return { previousSequence, ...(previousCounters && { previousCounters }) };
}

async function after(
  startMs: number,
  streamIn: (atMs: number) => string,
  { stateOf, nowMs }: PacketAddressing,
): Promise<NonNullable<MonthsAround['after']>> {
  let followingSequence: number | undefined;
  for (let atMs = monthStartMs(startMs, 1); followingSequence === undefined && atMs <= nowMs;) {
    followingSequence = sequencesRecorded(await stateOf(streamIn(atMs)))?.first;
    atMs = monthStartMs(atMs, 1);
  }
  return followingSequence === undefined ? {} : { followingSequence };
}

/** Start (UTC) of the month `offset` months from the one that holds an instant. */
function monthStartMs(epochMs: number, offset: number): number {
  const date = new Date(epochMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset);
}
