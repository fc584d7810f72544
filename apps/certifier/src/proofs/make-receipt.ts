import {
  type Bundle,
  type BundledEvent,
  type ReceiptSubject,
  BUNDLE_FORMAT,
  SessionNotAuditable,
  eventsOfReceipt,
} from '@flexledger/audit';
import {
  type CertificationEvent,
  type RecordedEvent,
  type StoredRow,
  DomainError,
  canonicalJson,
  decodeEvent,
  rowChecksum,
} from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { parseCheckpoint } from '@flexledger/merkle-log';
import { checkpointCovering } from '@flexledger/projections';
import type { ProofServices } from './proof-services';

/**
 * What a bidder had bid in a session when its gate closed, under the first checkpoint that covers the closing,
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
  const covering = await checkpointCovering(documents, lastLeaf, { anchored: false });
  if (!covering?.note) {
    throw new DomainError(
      'checkpoint-unknown',
      `No checkpoint covers the closing of session ${of.sessionId} yet; ask again in a minute.`,
    );
  }
  const { size, note } = covering;
  const tree = await certified.ofSize(size);
  const events = chosen.map((event): BundledEvent => {
    const leaf = certified.find({ position: event.position })!.index;
    return { leaf, proof: tree.inclusionProof(leaf, size).map(hex), row: rowOf(event) };
  });
  const keyChanges = await statementsBefore(log, size);
  const stated = keyChanges.length > 0 ? { keyChanges } : {};
  return { format: BUNDLE_FORMAT, of, checkpoint: note, ...stated, anchors: 0, events };
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

/** The statements by which the log had gone over from key to key before a checkpoint of so many leaves. */
async function statementsBefore(log: ProofServices['log'], size: number): Promise<string[]> {
  const statements: string[] = [];
  for await (const recorded of log.readAll({ filter: { types: ['LogKeyReplaced'] } })) {
    const { data } = decodeEvent(recorded) as RecordedEvent &
      Extract<CertificationEvent, { type: 'LogKeyReplaced' }>;
    if (parseCheckpoint(data.statement).size < size) statements.push(data.statement);
  }
  return statements;
}

function rowOf(event: RecordedEvent): StoredRow {
  const { data, ...rest } = event;
  return { ...rest, data: canonicalJson(data), checksum: rowChecksum(sha256, event) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
