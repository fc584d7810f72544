import {
  type MeterCommand,
  meterDecider,
  type MeterEvent,
  type Rejection,
  rejectionOf,
} from '@flexledger/domain';
import {
  type AddressedCommand,
  type CommandResult,
  createCommandHandler,
  type EventStore,
} from '@flexledger/event-store';
import type { MeasurementAck } from '@flexledger/messaging';
import { type Clock, msFromIso } from '@flexledger/runtime';
import { addressPacket, type MonthsAround, type TimeLimits } from './address-packet';
import type { ExaminedPacket } from './examine-packet';
import type { PlausiblePower } from './plausible-power';

export interface PacketRecorderOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** Power above which a quarter-hour's mean is implausible for a PoD. */
  readonly power: PlausiblePower;
  readonly limits: TimeLimits;
  /** Nodes in the field, about; the months of so many are kept at hand. */
  readonly expectedNodes: number;
}

/** What became of a packet, and what its sender is told. */
export interface PacketConclusion {
  readonly packet: ExaminedPacket;
  readonly outcome: 'recorded' | 'repeated' | 'rejected' | 'failed';
  /** Absent where nobody can be answered, or nothing be promised. */
  readonly ack?: MeasurementAck;
  /** Why the log did not take it. */
  readonly error?: unknown;
}

export interface PacketRecorder {
  /**
   * Appends what the packets of one list of `byMonth` lead to, in one transaction where the log groups
   * appends: streams in the order of their first packets, the packets of each in their order.
   */
  record(packets: readonly ExaminedPacket[]): Promise<PacketConclusion[]>;
}

/** A node's current month and the one before. */
const MONTHS_PER_NODE = 2;

const ACK_REASON_CHARACTERS = 1_000;

export function createPacketRecorder(options: PacketRecorderOptions): PacketRecorder {
  const { store, clock, expectedNodes, limits, power } = options;
  const meters = createCommandHandler({
    store,
    clock,
    decider: meterDecider,
    cachedStreams: MONTHS_PER_NODE * expectedNodes,
    rememberedCommands: 0,
  });

  async function conclude(
    packet: ExaminedPacket,
    { streamId, command }: AddressedCommand<MeterCommand>,
  ): Promise<PacketConclusion> {
    // Without an event it stands already, or it is refused and enough evidence is kept: by the state that
    // this was just decided on, so that no malformed packet costs a look at the log.
    const rejection = rejectionOf(command, await meters.knownStateOf(streamId));
    return rejection ? refused(packet, rejection) : accepted(packet, 'repeated');
  }

  return {
    async record(packets) {
      const { stateOf, knownStateOf, handleInOrder } = meters;
      const { maxPowerWOf } = power;
      const around = new Map<string, MonthsAround>();
      const addressing = {
        nowMs: clock.nowMs(),
        limits,
        maxPowerWOf,
        stateOf,
        knownStateOf,
        around,
      };
      const commands: AddressedCommand<MeterCommand>[] = [];
      for (const packet of packets) {
        const addressed = addressPacket(packet, addressing);
        commands.push(addressed instanceof Promise ? await addressed : addressed);
      }
      const results = await handleInOrder(commands);
      const conclusions: PacketConclusion[] = [];
      for (const [index, result] of results.entries()) {
        const packet = packets[index]!;
        conclusions.push(concluded(packet, result) ?? (await conclude(packet, commands[index]!)));
      }
      return conclusions;
    },
  };
}

/** What became of a packet that led to an event, or failed. */
function concluded(
  packet: ExaminedPacket,
  result: PromiseSettledResult<CommandResult<MeterEvent>>,
): PacketConclusion | undefined {
  if (result.status === 'rejected') return { packet, outcome: 'failed', error: result.reason };
  const [event] = result.value.events;
  if (!event) return undefined;
  const rejection = rejectionIn(event);
  return rejection ? refused(packet, rejection) : accepted(packet, 'recorded');
}

function accepted(packet: ExaminedPacket, outcome: 'recorded' | 'repeated'): PacketConclusion {
  return { packet, outcome, ack: { sequence: sequenceOf(packet)!, accepted: true } };
}

function refused(packet: ExaminedPacket, rejection: Rejection): PacketConclusion {
  return { packet, outcome: 'rejected', ...refusal(packet, rejection) };
}

/**
 * Packets by quarter-hour, PoD and sequence, one list a month (UTC), since what a month's packets are
 * judged by stands in the months before; last what cannot be read.
 */
export function byMonth(packets: readonly ExaminedPacket[]): ExaminedPacket[][] {
  const sorted = packets
    .map((packet) => ({ packet, startMs: startMsOf(packet), sequence: sequenceOf(packet) ?? -1 }))
    .sort(
      (one, other) =>
        compare(one.startMs, other.startMs) ||
        compare(one.packet.podId, other.packet.podId) ||
        compare(one.sequence, other.sequence) ||
        compare(one.packet.digest, other.packet.digest),
    );
  const lists: ExaminedPacket[][] = [];
  let lastMonth: number | undefined;
  for (const { packet, startMs } of sorted) {
    const month = monthOf(startMs);
    if (month !== lastMonth) lists.push([]);
    lists.at(-1)!.push(packet);
    lastMonth = month;
  }
  return lists;
}

/** Months (UTC) to the one that holds an instant; Infinity for what has none. */
function monthOf(epochMs: number): number {
  if (epochMs === Infinity) return Infinity;
  const date = new Date(epochMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function rejectionIn(event: MeterEvent): Rejection | undefined {
  return event.type === 'PacketRejected' ? event.data : undefined;
}

function refusal(packet: ExaminedPacket, rejection: Rejection): { ack?: MeasurementAck } {
  const sequence = sequenceOf(packet);
  if (sequence === undefined) return {};
  const reason = `${rejection.reason}: ${rejection.detail}`.slice(0, ACK_REASON_CHARACTERS);
  return { ack: { sequence, accepted: false, reason } };
}

function startMsOf({ reading }: ExaminedPacket): number {
  return reading.ok ? msFromIso(reading.packet.inputData.mtuStart) : Infinity;
}

function sequenceOf({ reading }: ExaminedPacket): number | undefined {
  return reading.ok ? reading.packet.sequence : reading.sequence;
}

function compare<Value extends number | string>(one: Value, other: Value): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
