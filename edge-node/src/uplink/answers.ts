/** What the platform says of a packet. */
import { parseDeviceMessage } from '@flexledger/messaging';
import type { PacketSender } from './packet-sender';

/**
 * Takes an answer: the packet leaves the outbox, refused or not, for a refusal is final and the platform
 * keeps the packet as evidence.
 *
 * @returns what is wrong, where it was refused or cannot be read
 */
export async function takeAnswer(
  payload: Uint8Array,
  sender: Pick<PacketSender, 'acknowledge'>,
): Promise<{ readonly refused: string } | { readonly unreadable: string } | undefined> {
  const parsed = parseDeviceMessage('measurementAck', payload);
  if (!parsed.ok) return { unreadable: `an answer could not be read: ${parsed.reason}` };
  const { sequence, accepted, reason } = parsed.message;
  await sender.acknowledge(sequence);
  return accepted ? undefined : { refused: `packet ${sequence} was refused: ${reason}` };
}
