import type { Outbox } from './outbox';
import { WaitingPackets } from './waiting-packets';

/**
 * An outbox that a power cut empties: for the nodes of a simulated fleet, which live and end with
 * their process.
 */
export function memoryOutbox(): Outbox {
  const packets = new WaitingPackets();
  return {
    store: async (entry) => packets.add(entry),
    acknowledge: async (sequence) => void packets.remove(sequence),
    oldest: (limit) => packets.oldest(limit),
    size: () => packets.size(),
    last: () => packets.last(),
    close: async () => {},
  };
}
