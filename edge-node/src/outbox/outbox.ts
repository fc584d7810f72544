import type { MeasurementPacket } from '@flexledger/domain';
import type { MeterReading } from '../meters/meter';

/**
 * Packets on their way to the platform. A packet stays until the platform has answered it, which it
 * does after its append is durable; so what was measured survives power cuts here, and outages of
 * broker and platform there.
 */
export interface Outbox {
  /** Keeps a packet. MUST be as durable as the outbox promises when it resolves; rejects otherwise. */
  store(entry: OutboxEntry): Promise<void>;
  /** The platform's answer to a packet is here: forget it. Unknown sequences change nothing. */
  acknowledge(sequence: number): Promise<void>;
  /** The oldest packets without an answer, in order of sequence, at most `limit`. */
  oldest(limit: number): MeasurementPacket[];
  /** How many packets have no answer yet. */
  size(): number;
  /** What was stored last, answered or not: the node's next sequence and reading follow from it. */
  last(): OutboxEntry | undefined;
  /** Ends writing; no other call may follow. */
  close(): Promise<void>;
}

export interface OutboxEntry {
  readonly packet: MeasurementPacket;
  /** The meter at the end of the packet's quarter-hour, which opens the next one. */
  readonly closing: MeterReading;
}
