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
import { type ExaminedPacket, evidenceOf } from './examine-packet';

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
 * without an enrolled node. So nobody opens streams at will. At once for all packets of a stream but the first.
 */
export function addressPacket(
  examined: ExaminedPacket,
  addressing: PacketAddressing,
): AddressedCommand<MeterCommand> | Promise<AddressedCommand<MeterCommand>> {
  const { podId: topicPodId, reading, enrolledKey, digest } = examined;
  const { nowMs, limits, maxPowerWOf } = addressing;
  const sender = enrolledKey === undefined ? UNKNOWN_SENDER : topicPodId;
  const streamIn = (atMs: number): string => meterStream(sender, isoFromMs(atMs));
  const name = `measurement/${digest}`;
  const context = recurringContextOf(name, name, `node:${topicPodId}`);
  if (!reading.ok) {
    const detail = `${topicPodId}: ${reading.reason}`;
    const packetText = evidenceOf(examined);
    return {
      streamId: streamIn(nowMs),
      command: { kind: 'rejectPacket', podId: sender, reason: 'malformed', detail, packetText },
      context,
    };
  }
  const { packet, signatureValid } = reading;
  const startMs = msFromIso(packet.inputData.mtuStart);
  const isBelieved = isWithin(limits, startMs, nowMs);
  // The start is in UTC, or the packet would not have been read.
  const { mtuStart } = packet.inputData;
  const streamId = isBelieved ? meterStream(sender, mtuStart) : streamIn(nowMs);
  const recorded = (around: Around): AddressedCommand<MeterCommand> => ({
    streamId,
    command: new RecordPacket(
      examined,
      reading,
      nowMs,
      { ...limits, maxPowerW: maxPowerWOf(topicPodId) },
      around,
    ),
    context,
  });
  if (!signatureValid || !isBelieved) return recorded({ previousSequence: -1 });
  const month: Month = { startMs, streamId, streamIn };
  const around = knownAround(packet.sequence, month, addressing);
  return around
    ? recorded(around)
    : sequencesAround(packet.sequence, month, addressing).then(recorded);
}

/** A command that makes the text of its packet only when that is asked for: few are refused. */
class RecordPacket implements RecordPacketCommand {
  readonly kind = 'recordPacket';
  readonly packet: RecordPacketCommand['packet'];
  readonly topicPodId: string;
  readonly enrolledKey: string | undefined;
  readonly hashMatches: boolean;
  readonly signatureValid: boolean;
  readonly previousSequence!: number;

  constructor(
    private readonly examined: ExaminedPacket,
    reading: Extract<ExaminedPacket['reading'], { ok: true }>,
    readonly nowMs: number,
    readonly limits: PacketLimits,
    around: Around,
  ) {
    this.packet = reading.packet;
    this.topicPodId = examined.podId;
    this.enrolledKey = examined.enrolledKey;
    this.hashMatches = reading.hashMatches;
    this.signatureValid = reading.signatureValid;
    Object.assign(this, around);
  }

  get packetText(): string {
    return evidenceOf(this.examined);
  }
}

type RecordPacketCommand = Extract<MeterCommand, { kind: 'recordPacket' }>;

function isWithin(limits: TimeLimits, startMs: number, nowMs: number): boolean {
  const endMs = startMs + MTU_MS;
  return endMs - nowMs <= limits.maxFutureMs && nowMs - startMs <= limits.maxAgeMs;
}

/** What stands in the months around. */
type Around = Pick<PacketFacts, 'previousSequence' | 'followingSequence' | 'previousCounters'>;

/** The month of a packet. */
interface Month {
  readonly startMs: number;
  readonly streamId: string;
  readonly streamIn: (atMs: number) => string;
}

/** A month and both sides of it, each looked for once. */
export interface MonthsAround {
  /** First and last sequence of the month itself; null where it has none. */
  own?: ReturnType<typeof sequencesRecorded> | null;
  before?: Pick<Around, 'previousSequence' | 'previousCounters'>;
  after?: Pick<Around, 'followingSequence'>;
}

/** What stands around, where all that it takes was found for packets before; undefined where it was not. */
function knownAround(
  sequence: number,
  { streamId }: Month,
  { around }: PacketAddressing,
): Around | undefined {
  const found = around.get(streamId);
  if (found?.own === undefined) return undefined;
  if (isBefore(sequence, found) && !found.before) return undefined;
  if (isAfter(sequence, found) && !found.after) return undefined;
  return { previousSequence: -1, ...found.before, ...found.after };
}

/** What stands in the months around a packet's, asked only where its own does not settle it. */
async function sequencesAround(
  sequence: number,
  { startMs, streamId, streamIn }: Month,
  addressing: PacketAddressing,
): Promise<Around> {
  const found = addressing.around.get(streamId) ?? {};
  addressing.around.set(streamId, found);
  // What others have added to its own month the decision meets; the months around it does not read.
  found.own ??= sequencesRecorded(await addressing.knownStateOf(streamId)) ?? null;
  if (isBefore(sequence, found)) found.before ??= await before(startMs, streamIn, addressing);
  if (isAfter(sequence, found)) found.after ??= await after(startMs, streamIn, addressing);
  return { previousSequence: -1, ...found.before, ...found.after };
}

function isBefore(sequence: number, { own }: MonthsAround): boolean {
  return !own || sequence < own.first;
}

function isAfter(sequence: number, { own }: MonthsAround): boolean {
  return !own || sequence > own.last;
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
