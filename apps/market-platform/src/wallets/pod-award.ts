import { type SettlementRow, DomainError, addAwards } from '@flexledger/domain';
import {
  type DocumentStore,
  type PodDocument,
  findSettlementRows,
  getSettlement,
} from '@flexledger/projections';

/** What a customer has earned with one PoD. */
export interface PodAward {
  readonly podId: string;
  /** The customer's wallet. */
  readonly wallet: string;
  /** Sum over all settled sessions whose tokens are awarded, by the share of the agreement. */
  readonly awardedMicroEur: number;
  /** How many sessions that are. */
  readonly sessions: number;
}

const PAGE = 1_000;

/** Adds up what a PoD's settled rows gave to its customer, as the awards on the chain do. */
export async function podAward(documents: DocumentStore, pod: PodDocument): Promise<PodAward> {
  const { podId, details, agreement } = pod;
  const rows = await awardedRows(documents, podId);
  if (!details || (rows.length > 0 && !agreement)) {
    throw new DomainError('wallet-unknown', `PoD ${podId} has no wallet; register it first.`);
  }
  const wallets = agreement && { terms: agreement.terms, customerWallet: details.wallet };
  const awards = addAwards(
    new Map(),
    rows.map(({ row }) => row),
    () => wallets ?? undefined,
  );
  return {
    podId,
    wallet: details.wallet,
    awardedMicroEur: awards.get(details.wallet) ?? 0,
    sessions: new Set(rows.map(({ sessionId }) => sessionId)).size,
  };
}

async function awardedRows(
  documents: DocumentStore,
  podId: string,
): Promise<{ readonly sessionId: string; readonly row: SettlementRow }[]> {
  const isAwarded = new Map<string, boolean>();
  const rows: { sessionId: string; row: SettlementRow }[] = [];
  let cursor: string | undefined;
  do {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await findSettlementRows(documents, { podId }, page);
    for (const row of items) {
      const { sessionId, correction, settlementId } = row;
      if (!isAwarded.has(settlementId)) {
        const awards = (await getSettlement(documents, sessionId))?.awards ?? [];
        isAwarded.set(
          settlementId,
          awards.some((award) => award.correction === correction),
        );
      }
      if (isAwarded.get(settlementId)) rows.push({ sessionId, row });
    }
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}
