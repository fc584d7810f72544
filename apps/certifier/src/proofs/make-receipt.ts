import {
  type Bundle,
  type ReceiptSubject,
  SessionNotAuditable,
  eventsOfReceipt,
} from '@flexledger/audit';
import { type RecordedEvent, DomainError } from '@flexledger/domain';
import { bundled } from './bundled';
import { believedCovering } from './key-changes';
import type { ProofServices } from './proof-services';

/**
 * What a bidder had bid in a session when its gate closed, under the first checkpoint that covers the closing and is believed,
 * with the lines of the witnesses that have cosigned it by now.
 *
 * @throws DomainError `receipt-unknown` when there is no such session, its gate is open, or the bidder has no
 *   order in it; `checkpoint-unknown` until the closing is sealed
 */
export async function makeReceipt(
  { log, certified, documents }: ProofServices,
  of: ReceiptSubject,
): Promise<Bundle> {
  const chosen = await ordersOf(log, of);
  const last = chosen.at(-1)!;
  await certified.readOn();
  const lastLeaf = certified.find({ position: last.position })!.index;
  const covering = await believedCovering({ log, documents }, lastLeaf, { anchored: false });
  if (!covering?.note) {
    throw new DomainError(
      'checkpoint-unknown',
      `No checkpoint covers the closing of session ${of.sessionId} yet; ask again in a minute.`,
    );
  }
  return bundled({ log, certified }, { of, checkpoint: covering, anchors: 0 }, chosen);
}

async function ordersOf(
  log: ProofServices['log'],
  of: ReceiptSubject,
): Promise<readonly RecordedEvent[]> {
  try {
    return await eventsOfReceipt(log, of);
  } catch (error) {
    if (!(error instanceof SessionNotAuditable)) throw error;
    throw new DomainError('receipt-unknown', error.message);
  }
}
