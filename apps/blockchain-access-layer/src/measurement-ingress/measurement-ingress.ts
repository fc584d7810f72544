/**
 * The way of a measurement into the log (flow 7): it arrives, waits, is examined, is recorded
 * together with the others that wait, in one order (quarter-hour, PoD, sequence), and is answered
 * once it is durable. Whatever is not answered is sent again by its node, so a packet may be turned
 * away at any time before, and a crash loses nothing.
 */
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
import { sha256Hex } from '@flexledger/identity';
import type { MeasurementAck, ReceivedMessage } from '@flexledger/messaging';
import { type Clock, msFromIso, type Timers } from '@flexledger/runtime';
import { createInbox } from '../inbox';
import { oneAtATime } from '../one-at-a-time';
import { addressPacket, type TimeLimits } from './address-packet';
import { type ArrivedPacket, type ExaminedPacket, examinePacket } from './examine-packet';
import { createSignatureCheck } from './signature-check';

export interface MeasurementIngressOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** The enrolled key of a PoD's node; undefined where none is. */
  readonly keyOf: (podId: string) => string | undefined;
  /** Power above which a quarter-hour's mean is implausible for a PoD's connection. */
  readonly maxPowerWOf: (podId: string) => number;
  readonly limits: TimeLimits;
  /** Nodes in the field, about; the months of so many are kept at hand. */
  readonly expectedNodes: number;
  readonly publishAck: (podId: string, ack: MeasurementAck) => Promise<void>;
  /** Told of what was neither recorded nor answered, and why. */
  readonly onProblem: (problem: string) => void;
}

export interface MeasurementIngress {
  /** Takes a message of the topic `measurement`. */
  receive(message: ReceivedMessage): void;
  /** Records and answers what waits. Calls run one after another. */
  flush(): Promise<FlushReport>;
  /** Waits for so many packets, at most `timeoutMs` of real time, and flushes. */
  collect(expected: number, timeoutMs: number): Promise<FlushReport>;
  /** Flushes again and again until the function it returns is called. */
  flushEvery(everyMs: number, timers: Timers): () => void;
}

/** What became of the packets of one flush. */
export interface FlushReport {
  /** New measurements. */
  readonly recorded: number;
  /** Measurements that stood already, answered again. */
  readonly repeated: number;
  readonly rejected: number;
  /** Not recorded because the log failed, and not answered. */
  readonly failed: number;
}

/** Packets that wait, of all nodes and of one: a node that was cut off for five days has 480. */
const INBOX_CAPACITY = 50_000;
const WAITING_PER_NODE = 500;

/** Accepted packets that are remembered, so that a repetition is answered without examination. */
const ACCEPTED_REMEMBERED = 20_000;

/** A node's current month and the one before. */
const MONTHS_PER_NODE = 2;

const ACK_REASON_CHARACTERS = 1_000;

type Outcome = 'recorded' | 'repeated' | 'rejected' | 'failed';

export function createMeasurementIngress(options: MeasurementIngressOptions): MeasurementIngress {
  const { store, clock, keyOf, maxPowerWOf, limits, publishAck, onProblem } = options;
  const meters = createCommandHandler({
    store,
    clock,
    decider: meterDecider,
    cachedStreams: MONTHS_PER_NODE * options.expectedNodes,
  });
  const signatures = createSignatureCheck(options.expectedNodes);
  const inbox = createInbox<ArrivedPacket>(INBOX_CAPACITY);
  /** Digests that wait or are being recorded: their repetitions are answered with them. */
  const pending = new Set<string>();
  const waitingOf = new Map<string, number>();
  /** Sequence by digest, oldest first. */
  const accepted = new Map<string, number>();

  function receive({ podId, payload }: ReceivedMessage): void {
    const digest = `${podId}/${sha256Hex(payload)}`;
    const sequence = accepted.get(digest);
    if (sequence !== undefined) return void answer(podId, { sequence, accepted: true });
    if (pending.has(digest)) return;
    const waiting = waitingOf.get(podId) ?? 0;
    if (waiting >= WAITING_PER_NODE || !inbox.put({ podId, payload, digest })) {
      return onProblem(`A packet of ${podId} found no room; its node will send it again`);
    }
    pending.add(digest);
    waitingOf.set(podId, waiting + 1);
  }

  async function answer(podId: string, ack: MeasurementAck): Promise<void> {
    try {
      await publishAck(podId, ack);
    } catch (error) {
      onProblem(`The answer to packet ${ack.sequence} of ${podId} was not sent: ${String(error)}`);
    }
  }

  const flush = oneAtATime(async () => {
    const arrived = inbox.takeAll();
    waitingOf.clear();
    const report = { recorded: 0, repeated: 0, rejected: 0, failed: 0 };
    try {
      const examined = await Promise.all(
        arrived.map((packet) => examinePacket(packet, keyOf(packet.podId), signatures)),
      );
      for (const quarterHour of byQuarterHour(examined)) {
        for (const outcome of await recordTogether(quarterHour)) report[outcome] += 1;
      }
    } finally {
      for (const { digest } of arrived) pending.delete(digest);
    }
    return report;
  });

  /** Packets of one quarter-hour touch each stream once, so they are appended in their order. */
  async function recordTogether(packets: readonly ExaminedPacket[]): Promise<Outcome[]> {
    const addressing = { nowMs: clock.nowMs(), limits, maxPowerWOf, stateOf: meters.stateOf };
    const commands: AddressedCommand<MeterCommand>[] = [];
    for (const packet of packets) commands.push(await addressPacket(packet, addressing));
    const results = await meters.handleInOrder(commands);
    return Promise.all(
      results.map((result, index) => conclude(packets[index]!, commands[index]!, result)),
    );
  }

  async function conclude(
    packet: ExaminedPacket,
    addressed: AddressedCommand<MeterCommand>,
    result: PromiseSettledResult<CommandResult<MeterEvent>>,
  ): Promise<Outcome> {
    const { podId, digest, reading } = packet;
    if (result.status === 'rejected') {
      onProblem(`A packet of ${podId} was not recorded: ${String(result.reason)}`);
      return 'failed';
    }
    const [event] = result.value.events;
    const rejection = event ? rejectionIn(event) : await rejectionNow(addressed);
    const sequence = reading.ok ? reading.packet.sequence : reading.sequence;
    if (rejection) {
      const reason = `${rejection.reason}: ${rejection.detail}`.slice(0, ACK_REASON_CHARACTERS);
      if (sequence !== undefined) await answer(podId, { sequence, accepted: false, reason });
      return 'rejected';
    }
    remember(digest, sequence!);
    await answer(podId, { sequence: sequence!, accepted: true });
    return event ? 'recorded' : 'repeated';
  }

  /** Nothing was recorded: it stands already, or it is refused and enough evidence is kept. */
  async function rejectionNow({
    streamId,
    command,
  }: AddressedCommand<MeterCommand>): Promise<Rejection | undefined> {
    return rejectionOf(command, await meters.stateOf(streamId));
  }

  function remember(digest: string, sequence: number): void {
    accepted.set(digest, sequence);
    if (accepted.size > ACCEPTED_REMEMBERED) accepted.delete(accepted.keys().next().value!);
  }

  return {
    receive,
    flush,
    async collect(expected, timeoutMs) {
      await inbox.untilHolds(expected, timeoutMs);
      return flush();
    },
    flushEvery(everyMs, timers) {
      let isStopped = false;
      let cancel = (): void => {};
      const arm = (): void => {
        cancel = timers.at(clock.nowMs() + everyMs, 'measurement-ingress', async () => {
          await flush().finally(() => {
            if (!isStopped) arm();
          });
        });
      };
      arm();
      return () => {
        isStopped = true;
        cancel();
      };
    },
  };
}

function rejectionIn(event: MeterEvent): Rejection | undefined {
  return event.type === 'PacketRejected' ? event.data : undefined;
}

/** Packets in the order of the log, one list a quarter-hour; last what cannot be read. */
function byQuarterHour(packets: readonly ExaminedPacket[]): ExaminedPacket[][] {
  const sorted = packets
    .map((packet) => ({ packet, ...placeOf(packet) }))
    .sort(
      (one, other) =>
        (one.startMs === other.startMs ? 0 : one.startMs - other.startMs) ||
        compare(one.packet.podId, other.packet.podId) ||
        one.sequence - other.sequence ||
        compare(one.packet.digest, other.packet.digest),
    );
  const lists: ExaminedPacket[][] = [];
  let lastMs: number | undefined;
  for (const { packet, startMs } of sorted) {
    if (startMs !== lastMs) lists.push([]);
    lists.at(-1)!.push(packet);
    lastMs = startMs;
  }
  return lists;
}

function placeOf({ reading }: ExaminedPacket): { startMs: number; sequence: number } {
  if (!reading.ok) return { startMs: Infinity, sequence: reading.sequence ?? -1 };
  const { inputData, sequence } = reading.packet;
  return { startMs: msFromIso(inputData.mtuStart), sequence };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
