import type { OutcomeRow, SessionSales } from '@flexledger/domain';
import { type DocumentStore, findOutcomes, findSessions } from '@flexledger/projections';

/** Rows asked for at once. */
const PAGE = 1_000;

/**
 * What PoDs sold for a civil day, from the DSO's own fold of the published results: a history asks for
 * many days of many PoDs at once, all of which the log has told the DSO already.
 */
export async function soldFlexibility(
  documents: DocumentStore,
  deliveryDay: string,
): Promise<SessionSales[]> {
  const sessions = await findSessions(documents, { deliveryDay, status: 'published' });
  const sales: SessionSales[] = [];
  for (const { sessionId, deliveryStart, mtuCount } of sessions.items) {
    const rows = await outcomesOf(documents, sessionId);
    sales.push({ sessionId, startMs: Date.parse(deliveryStart), mtuCount, rows });
  }
  return sales;
}

async function outcomesOf(documents: DocumentStore, sessionId: string): Promise<OutcomeRow[]> {
  const rows: OutcomeRow[] = [];
  let cursor: string | undefined;
  do {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await findOutcomes(documents, { sessionId }, page);
    for (const item of items) rows.push(item);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}
