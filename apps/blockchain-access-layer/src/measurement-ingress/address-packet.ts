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

/** What stands in the months around a packet's, asked only where its own does not settle it. */
async function sequencesAround(
  sequence: number,
  startMs: number,
  streamIn: (atMs: number) => string,
  { stateOf, knownStateOf, nowMs, limits }: PacketAddressing,
): Promise<Around> {
  const sequencesIn = async (atMs: number) => sequencesRecorded(await stateOf(streamIn(atMs)));
  // What others have added to its own month the decision meets; the months around it does not read.
  const own = sequencesRecorded(await knownStateOf(streamIn(startMs)));
  let previousSequence = -1;
  let previousCounters: MeterState['counters'];
  if (!own || sequence < own.first) {
    const oldestMs = nowMs - limits.maxAgeMs;
    for (let atMs = startMs; previousSequence < 0 && atMs > oldestMs;) {
      atMs = monthStartMs(atMs, -1);
      const before = await stateOf(streamIn(atMs));
      previousSequence = sequencesRecorded(before)?.last ?? -1;
      previousCounters ??= before.counters;
    }
  }
  let followingSequence: number | undefined;
  if (!own || sequence > own.last) {
    for (let atMs = monthStartMs(startMs, 1); followingSequence === undefined && atMs <= nowMs;) {
      followingSequence = (await sequencesIn(atMs))?.first;
      atMs = monthStartMs(atMs, 1);
    }
  }
  return {
    previousSequence,
    ...(followingSequence !== undefined && { followingSequence }),
    ...(previousCounters && { previousCounters }),
  };
}

/** Start (UTC) of the month `offset` months from the one that holds an instant. */
function monthStartMs(epochMs: number, offset: number): number {
  const date = new Date(epochMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset);
}
