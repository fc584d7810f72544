/** What the platform says of packets. */
import { messagesIn, parseDeviceMessage } from '@flexledger/messaging';
import type { PacketSender } from './packet-sender';

/** What is wrong with an answer: the packet was refused, or the answer cannot be read. */
export type AnswerFault = { readonly refused: string } | { readonly unreadable: string };

/**
 * Takes the answers of a message: the packets leave the outbox, refused or not, for a refusal is final and
 * the platform keeps the packet as evidence.
 */
export async function takeAnswers(
  payload: Buffer,
  sender: Pick<PacketSender, 'acknowledge'>,
): Promise<AnswerFault[]> {
  const faults: AnswerFault[] = [];
  const answered: number[] = [];
  for (const text of messagesIn(payload)) {
    const parsed = parseDeviceMessage('measurementAck', text);
    if (!parsed.ok) {
      faults.push({ unreadable: `an answer could not be read: ${parsed.reason}` });
      continue;
    }
    const { sequence, accepted, reason } = parsed.message;
    answered.push(sequence);
    if (!accepted) faults.push({ refused: `packet ${sequence} was refused: ${reason}` });
  }
  await sender.acknowledge(answered);
  return faults;
}
