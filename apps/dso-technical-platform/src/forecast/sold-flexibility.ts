import type { OutcomeRow, SessionSales } from '@flexledger/domain';
import { type DocumentStore, findOutcomes, findSessions, allOf } from '@flexledger/projections';

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
    const rows: OutcomeRow[] = await allOf((page) => findOutcomes(documents, { sessionId }, page));
    sales.push({ sessionId, startMs: Date.parse(deliveryStart), mtuCount, rows });
  }
  return sales;
}
