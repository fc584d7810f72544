import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import {
  settlementId,
  type SettlementRowDocument,
  settlementRowsView,
} from './settlement-rows-view';
import { type SettlementDocument, settlementsView } from './settlements-view';

export function getSettlement(
  documents: DocumentStore,
  sessionId: string,
): Promise<SettlementDocument | undefined> {
  return getOne(documents, settlementsView, sessionId);
}

/** Settlements by session. @throws InvalidQuery */
export function findSettlements(
  documents: DocumentStore,
  page: PageRequest = {},
): Promise<Page<SettlementDocument>> {
  return documents.find(settlementsView, page);
}

/**
 * Rows of the settlements that count, in the order settled. Across sessions a page may hold fewer
 * than its limit where rows were corrected; go on while `next` is not null.
 *
 * @throws InvalidQuery
 */
export async function findSettlementRows(
  documents: DocumentStore,
  where: Where<SettlementRowDocument>,
  page: PageRequest = {},
): Promise<Page<SettlementRowDocument>> {
  const { sessionId } = where;
  if (typeof sessionId === 'string') {
    const correction = (await getSettlement(documents, sessionId))?.correction ?? null;
    if (correction === null) return { items: [], next: null };
    const counting = { ...where, settlementId: settlementId(sessionId, correction) };
    return documents.find(settlementRowsView, { where: counting, ...page });
  }
  const { items, next } = await documents.find(settlementRowsView, { where, ...page });
  const sessionIds = [...new Set(items.map((row) => row.sessionId))];
  const settlements = await documents.getMany(settlementsView, sessionIds);
  const counting = new Map(sessionIds.map((id, index) => [id, settlements[index]?.correction]));
  return { items: items.filter((row) => counting.get(row.sessionId) === row.correction), next };
}
