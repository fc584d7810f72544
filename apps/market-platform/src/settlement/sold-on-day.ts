import type { OutcomeRow, SessionSales } from '@flexledger/domain';
import { type DocumentStore, findOutcomes } from '@flexledger/projections';
import type { MarketSessions } from '../sessions/market-sessions';

const PAGE = 1_000;

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
    sales.push({ sessionId, startMs, mtuCount, rows: await outcomesOf(documents, sessionId) });
  }
  return sales;
}

/** All rows of a session's published result. */
async function outcomesOf(documents: DocumentStore, sessionId: string): Promise<OutcomeRow[]> {
  const rows: OutcomeRow[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await findOutcomes(documents, { sessionId }, page);
    for (const row of items) rows.push(row);
    cursor = next;
  }
  return rows;
}
