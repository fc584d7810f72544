/**
 * The way of a measurement into the log (flow 7): it arrives, waits, is examined, is recorded
 * together with the others that wait, in one order (quarter-hour, PoD, sequence; what came of one PoD
 * together), and is answered
 * once it is durable. Whatever is not answered is sent again by its node, so a packet may be turned
 * away at any time before, and a crash loses nothing.
 */
import { LRUCache } from 'lru-cache';
import { type VerifyingPool, sha256Hex } from '@flexledger/identity';
import {
  MAX_MESSAGES_TOGETHER,
  type MeasurementAck,
  type ReceivedMessage,
  messagesIn,
} from '@flexledger/messaging';
import { inOrder } from '@flexledger/runtime';
import type { Enrolment } from '../enrolment/enrolment';
import { createInbox } from '../inbox';
import { type ArrivedPacket, type ExaminedPacket, examinePackets } from './examine-packet';
import {
  byMonth,
  createPacketRecorder,
  type PacketConclusion,
  type PacketRecorderOptions,
} from './record-packets';

export interface MeasurementIngressOptions extends PacketRecorderOptions {
  readonly enrolment: Pick<Enrolment, 'readOn' | 'keyOf'>;
  readonly signatures: Pick<VerifyingPool, 'areBy'>;
  /** Done first whenever packets are recorded: what their nodes said before them. They are recorded if it fails. */
  readonly beforeRecording: () => Promise<void>;
  /** Answers packets of a PoD: those that came together, or one that came alone. */
  readonly publishAcks: (podId: string, acks: readonly MeasurementAck[]) => Promise<void>;
  /** Told of what was neither recorded nor answered, and why. */
  readonly onProblem: (problem: string) => void;
}

export interface MeasurementIngress {
  /** Takes a message of the topic `measurement`: a packet, or a list of them, each judged by itself. */
  receive(message: ReceivedMessage): void;
  /** Packets that wait to be recorded. */
  waiting(): number;
  /** Records and answers what waits, what came first before the rest. Calls run one after another. */
  flush(): Promise<FlushReport>;
  /** Waits for so many packets, at most `timeoutMs` of real time, and records all that wait in one order. */
  collect(expected: number, timeoutMs: number): Promise<FlushReport>;
}

/** What became of the packets of one flush. */
export interface FlushReport {
  /** New measurements. */
  readonly recorded: number;
  /** Measurements that stood already, answered again. */
  readonly repeated: number;
  readonly rejected: number;
  /** Not recorded because the log, or their examination, failed, and not answered. */
  readonly failed: number;
}

interface WaitingPacket {
  readonly podId: string;
  readonly digest: string;
  /** It came in a list: its sender reads answers in a list too. */
  readonly isListed: boolean;
  /** Of the packets that came with it, in one message. */
  readonly examination: Examination;
  /** Its place among them. */
  readonly place: number;
}

/** Of the packets of one message. */
interface Examination {
  /** Begins it, the first time that it is called; resolves once `outcome` is there. */
  begin(): Promise<void>;
  outcome?: PromiseSettledResult<readonly ExaminedPacket[]>;
}

/** Packets that wait, of all nodes and of one: a node that was cut off for five days has 480. */
const INBOX_CAPACITY = 50_000;
const WAITING_PER_NODE = 500;

/**
 * Packets that are recorded together where they come without end: while their log is written, the signatures of the
 * next, as many, are checked. What waits behind these stays the bytes that came: once read, a packet is a dozen objects,
 * and the collector copies them each time it looks for what is no longer used.
 */
const RECORDED_TOGETHER = 512;

/** Accepted packets that are remembered, so that a repetition is answered without examination. */
const ACCEPTED_REMEMBERED = 20_000;

export function createMeasurementIngress(options: MeasurementIngressOptions): MeasurementIngress {
  const { enrolment, signatures, power, publishAcks, onProblem } = options;
  const recorder = createPacketRecorder(options);
  const inbox = createInbox<WaitingPacket>(INBOX_CAPACITY);
  /** Digests that wait or are being recorded: their repetitions are answered with them. */
  const pending = new Set<string>();
  const waitingOf = new Map<string, number>();
  /** Sequence by digest. */
  const accepted = new LRUCache<string, number>({ max: ACCEPTED_REMEMBERED });

  async function answer(podId: string, acks: readonly MeasurementAck[]): Promise<void> {
    try {
      await publishAcks(podId, acks);
    } catch (error) {
      const packets = acks.map(({ sequence }) => sequence).join(', ');
      onProblem(`The answer to packet ${packets} of ${podId} was not sent: ${String(error)}`);
    }
  }

  function noteConclusion({ packet, outcome, ack, error }: PacketConclusion): void {
    const { podId, digest } = packet;
    if (outcome === 'failed') onProblem(`A packet of ${podId} was not recorded: ${String(error)}`);
    if (ack?.accepted) accepted.set(digest, ack.sequence);
  }

  /** Answers those that came in lists together, by node. */
  async function answerAll(
    conclusions: readonly PacketConclusion[],
    listed: ReadonlySet<string>,
  ): Promise<void> {
    const alone: [string, MeasurementAck][] = [];
    const together = new Map<string, MeasurementAck[]>();
    for (const { packet, ack } of conclusions) {
      const { podId, digest } = packet;
      if (!ack) continue;
      const others = together.get(podId);
      if (!listed.has(digest)) alone.push([podId, ack]);
      else if (others) others.push(ack);
      else together.set(podId, [ack]);
    }
    await Promise.all([
      ...alone.map(([podId, ack]) => answer(podId, [ack])),
      ...[...together].flatMap(([podId, acks]) => listsOf(acks).map((list) => answer(podId, list))),
    ]);
  }

  /** The packet judged by the key enrolled now, where that is another than when it came. */
  function examinedAnew(packet: ExaminedPacket): ExaminedPacket | Promise<ExaminedPacket> {
    const enrolledKey = enrolment.keyOf(packet.podId);
    return enrolledKey === packet.enrolledKey
      ? packet
      : examinePackets([packet], enrolledKey, signatures).then(([anew]) => anew!);
  }

  function examinationOf(podId: string, arrived: readonly ArrivedPacket[]): Examination {
    let begun: Promise<void> | undefined;
    const examination: Examination = {
      begin: () =>
        (begun ??= examinePackets(arrived, enrolment.keyOf(podId), signatures).then(
          (value) => void (examination.outcome = { status: 'fulfilled', value }),
          // What was not recorded when the platform ends is sent again.
          (reason: unknown) => void (examination.outcome = { status: 'rejected', reason }),
        )),
    };
    return examination;
  }

  /** So that signatures are checked while others are recorded, and while further packets come in. */
  function examineNext(): void {
    for (const { examination } of inbox.next(RECORDED_TOGETHER)) void examination.begin();
  }

  /** The packets that were examined, once all are, in the order of arrival. */
  async function examinedOf(
    arrived: readonly WaitingPacket[],
    report: { failed: number },
  ): Promise<ExaminedPacket[]> {
    for (const { examination } of arrived) void examination.begin();
    examineNext();
    for (const { examination } of arrived) if (!examination.outcome) await examination.begin();
    // Read after the packets came: a key that another instance has changed by then counts.
    await enrolment.readOn();
    await power.readOn();
    const judged: ExaminedPacket[] = [];
    for (const { podId, examination, place } of arrived) {
      try {
        const outcome = examination.outcome!;
        if (outcome.status === 'rejected') throw outcome.reason;
        const packet = examinedAnew(outcome.value[place]!);
        judged.push(packet instanceof Promise ? await packet : packet);
      } catch (reason) {
        report.failed += 1;
        onProblem(`A packet of ${podId} was not examined: ${String(reason)}`);
      }
    }
    return judged;
  }

  async function recordAll(
    arrived: readonly WaitingPacket[],
    report: { -readonly [Part in keyof FlushReport]: number },
  ): Promise<void> {
    const listed = new Set(arrived.filter(({ isListed }) => isListed).map(({ digest }) => digest));
    try {
      for (const packets of byMonth(await examinedOf(arrived, report))) {
        const conclusions = await recorder.record(packets);
        for (const { outcome } of conclusions) report[outcome] += 1;
        conclusions.forEach(noteConclusion);
        await answerAll(conclusions, listed);
      }
    } finally {
      for (const { digest } of arrived) pending.delete(digest);
    }
  }

  const inTurn = inOrder();
  const flush = (together: number) =>
    inTurn(async () => {
      try {
        await options.beforeRecording();
      } catch (error) {
        onProblem(`What comes before the measurements was not done: ${String(error)}`);
      }
      const report = { recorded: 0, repeated: 0, rejected: 0, failed: 0 };
      let left = inbox.size;
      do {
        const arrived = inbox.take(Math.min(left, together));
        left -= arrived.length;
        for (const { podId } of arrived) waitingOf.set(podId, waitingOf.get(podId)! - 1);
        await recordAll(arrived, report);
      } while (left > 0);
      if (inbox.size === 0) waitingOf.clear();
      return report;
    });

  /** The answers of those that stand already, and what is to be examined of the rest. */
  function sort(podId: string, packets: readonly Buffer[]): [MeasurementAck[], ArrivedPacket[]] {
    const acks: MeasurementAck[] = [];
    const arrived: ArrivedPacket[] = [];
    const waiting = waitingOf.get(podId) ?? 0;
    for (const payload of packets) {
      const digest = `${podId}/${sha256Hex(payload)}`;
      const sequence = accepted.get(digest);
      if (sequence !== undefined) acks.push({ sequence, accepted: true });
      if (sequence !== undefined || pending.has(digest)) continue;
      const room = Math.min(WAITING_PER_NODE - waiting, INBOX_CAPACITY - inbox.size);
      if (arrived.length >= room) {
        onProblem(`A packet of ${podId} found no room; its node will send it again`);
        continue;
      }
      arrived.push({ podId, payload, digest });
      pending.add(digest);
    }
    if (arrived.length > 0) waitingOf.set(podId, waiting + arrived.length);
    return [acks, arrived];
  }

  return {
    receive({ podId, payload }) {
      const packets = messagesIn(payload);
      const [acks, arrived] = sort(podId, packets);
      if (arrived.length > 0) {
        const examination = examinationOf(podId, arrived);
        if (inbox.size < RECORDED_TOGETHER) void examination.begin();
        const isListed = packets.length > 1;
        arrived.forEach(({ digest }, place) =>
          inbox.put({ podId, digest, isListed, examination, place }),
        );
      }
      if (acks.length > 0) void answer(podId, acks);
    },
    waiting: () => inbox.size,
    flush: () => flush(RECORDED_TOGETHER),
    async collect(expected, timeoutMs) {
      await inbox.untilHolds(expected, timeoutMs);
      return flush(Infinity);
    },
  };
}

/** Answers of one node, as many together as one message takes whatever they say. */
function listsOf(acks: readonly MeasurementAck[]): (readonly MeasurementAck[])[] {
  const lists: (readonly MeasurementAck[])[] = [];
  for (let at = 0; at < acks.length; at += MAX_MESSAGES_TOGETHER) {
    lists.push(acks.slice(at, at + MAX_MESSAGES_TOGETHER));
  }
  return lists;
}
