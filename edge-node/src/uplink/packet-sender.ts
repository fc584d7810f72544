import type { MeasurementPacket } from '@flexledger/domain';
import type { Outbox } from '../outbox/outbox';

/** Gets the packets of an outbox to the platform: in order, and again until each is answered. */
export interface PacketSender {
  /**
   * Publishes what is stored and not under way. Resolves when the broker has taken it, or when that
   * cannot be now: without a connection, or behind too many that have no answer.
   */
  sendDue(): Promise<void>;
  /** The platform has answered: the packets leave the outbox, and the next ones may go. */
  acknowledge(sequences: readonly number[]): Promise<void>;
  /** The connection is back: everything without an answer goes again. */
  resume(): Promise<void>;
  /** Resolves when every packet has its answer. */
  whenEmpty(): Promise<void>;
  close(): void;
}

export interface PacketSenderOptions {
  readonly outbox: Outbox;
  /** Resolves when the broker has the packets of one message, rejects when it does not for certain. */
  readonly publish: (packets: readonly MeasurementPacket[]) => Promise<void>;
  /** Packets without an answer go again every so often, in real time. */
  readonly resendEveryMs: number;
}

/** Packets under way at once; a node that was cut off for a week has 672. */
const WINDOW = 100;
/** Packets in one message, about 13 kB. */
const TOGETHER = 20;

export function createPacketSender(options: PacketSenderOptions): PacketSender {
  const { outbox, publish, resendEveryMs } = options;
  /** Sequences published and not answered. */
  const underWay = new Set<number>();
  let waitingForEmpty: (() => void)[] = [];
  // A real timer on any clock: it waits for the network, whose time is real in a simulation too.
  let resendTimer: NodeJS.Timeout | undefined;

  async function sendDue(): Promise<void> {
    if (outbox.size() > 0) resendTimer ??= setTimeout(resendLater, resendEveryMs).unref();
    const due = outbox.oldest(WINDOW).filter(({ sequence }) => !underWay.has(sequence));
    await Promise.all(
      groupsOf(due, TOGETHER).map(async (packets) => {
        for (const { sequence } of packets) underWay.add(sequence);
        // What the broker does not take goes again with `resume` or the timer.
        await publish(packets).catch(() => {
          for (const { sequence } of packets) underWay.delete(sequence);
        });
      }),
    );
  }
  function resume(): Promise<void> {
    underWay.clear();
    return sendDue();
  }
  function resendLater(): void {
    resendTimer = undefined;
    void resume();
  }
  function stopTimer(): void {
    clearTimeout(resendTimer);
    resendTimer = undefined;
  }

  return {
    sendDue,
    resume,
    async acknowledge(sequences) {
      for (const sequence of sequences) {
        await outbox.acknowledge(sequence);
        underWay.delete(sequence);
      }
      if (outbox.size() > 0) return sendDue();
      stopTimer();
      for (const resolve of waitingForEmpty) resolve();
      waitingForEmpty = [];
    },
    whenEmpty: () =>
      outbox.size() === 0
        ? Promise.resolve()
        : new Promise((resolve) => void waitingForEmpty.push(resolve)),
    close: stopTimer,
  };
}

function groupsOf<Item>(items: readonly Item[], size: number): Item[][] {
  const groups: Item[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return groups;
}
