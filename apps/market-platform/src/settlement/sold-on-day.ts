import type { OutcomeRow, SessionSales } from '@flexledger/domain';
import { type DocumentStore, findOutcomes, allOf } from '@flexledger/projections';
import type { MarketSessions } from '../sessions/market-sessions';

/**
 * What the sessions of a civil day have sold, as far as their results are published; from the read
 * models, since a settlement looks back over weeks of sessions whose order books nobody needs any more.
 */
export async function soldOnDay(
  { sessions, documents }: { readonly sessions: MarketSessions; readonly documents: DocumentStore },
  day: string,
): Promise<SessionSales[]> {
  const sales: SessionSales[] = [];
  for (const { sessionId, deliveryStart, mtuCount } of await sessions.deliveringOn(day)) {
    const startMs = Date.parse(deliveryStart);
    const rows: OutcomeRow[] = await allOf((page) => findOutcomes(documents, { sessionId }, page));
    sales.push({ sessionId, startMs, mtuCount, rows });
  }
  return sales;
}
