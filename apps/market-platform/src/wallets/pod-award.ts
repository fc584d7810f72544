import { type AwardBook, type SettlementRow, DomainError, addAwards } from '@flexledger/domain';
import {
  type DocumentStore,
  type PodDocument,
  findSettlementRows,
  getSettlement,
  eachOf,
} from '@flexledger/projections';

/** What a customer has earned with one PoD. */
export interface PodAward {
  readonly podId: string;
  /** The customer's wallet. */
  readonly wallet: string;
  /**
   * Sum over all settled sessions whose tokens are awarded, by the terms each was sold under; sales
   * that went to another wallet (of an earlier customer) are not in it.
   */
  readonly awardedMicroEur: number;
  /** How many sessions that are. */
  readonly sessions: number;
}

/** Adds up what a PoD's settled rows gave to its customer, as the awards on the chain do. */
export async function podAward(
  documents: DocumentStore,
  book: AwardBook,
  pod: PodDocument,
): Promise<PodAward> {
  const { podId } = pod;
  const wallet = walletOf(pod);
  const account = wallet.toLowerCase();
  let awardedMicroEur = 0;
  const sessions = new Set<string>();
  for (const { sessionId, row } of await awardedRows(documents, podId)) {
    const wallets = book.walletsOf(sessionId, row);
    if (wallets?.customerWallet !== account) continue;
    awardedMicroEur += addAwards(new Map(), [row], () => wallets).get(account) ?? 0;
    sessions.add(sessionId);
  }
  return { podId, wallet, awardedMicroEur, sessions: sessions.size };
}

/** The customer's wallet. @throws DomainError when the PoD was never registered */
export function walletOf({ podId, details }: PodDocument): string {
  if (details) return details.wallet;
  throw new DomainError('wallet-unknown', `PoD ${podId} has no wallet; register it first.`);
}

async function awardedRows(
  documents: DocumentStore,
  podId: string,
): Promise<{ readonly sessionId: string; readonly row: SettlementRow }[]> {
  const isAwarded = new Map<string, boolean>();
  const rows: { sessionId: string; row: SettlementRow }[] = [];
  for await (const row of eachOf((page) => findSettlementRows(documents, { podId }, page))) {
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
  return rows;
}
