import type { MeasurementPacket } from '@flexledger/domain';
import type { OutboxEntry } from './outbox';

/** The packets of an outbox that have no answer yet, in order of sequence, and the last one stored. */
export class WaitingPackets {
  // A Map keeps the order of insertion, which is that of the sequences.
  private readonly waiting = new Map<number, OutboxEntry>();
  private newest: OutboxEntry | undefined;

  add(entry: OutboxEntry): void {
    this.waiting.set(entry.packet.sequence, entry);
    this.newest = entry;
  }

  /** Whether the packet was waiting. */
  remove(sequence: number): boolean {
    return this.waiting.delete(sequence);
  }

  oldest(limit: number): MeasurementPacket[] {
    const packets: MeasurementPacket[] = [];
    for (const { packet } of this.waiting.values()) {
      if (packets.length >= limit) break;
      packets.push(packet);
    }
    return packets;
  }

  size(): number {
    return this.waiting.size;
  }

  last(): OutboxEntry | undefined {
    return this.newest;
  }

  entries(): OutboxEntry[] {
    return [...this.waiting.values()];
  }
}
