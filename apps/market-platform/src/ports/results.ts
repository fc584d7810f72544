import {
  type OutcomeRow,
  type SessionSales,
  type SettlementRow,
  salesOf,
} from '@flexledger/domain';
import type { ResultsPort, SettledRows } from '@flexledger/ports';
import {
  type DocumentStore,
  findSettlementRows,
  getSession,
  getSettlement,
  allOf,
} from '@flexledger/projections';
import type { RowOwner } from '../http/own-rows';
import type { MarketSessions } from '../sessions/market-sessions';

/** What published results are read from. */
export interface ResultsSources {
  readonly sessions: MarketSessions;
  readonly documents: DocumentStore;
  /** Resolves once the documents hold everything that stood in the log when it was called. */
  readonly viewsUpToDate: () => Promise<void>;
  readonly dispute: ResultsPort['dispute'];
}

/** Flow 5 within one process. */
export function resultsPort(sources: ResultsSources): ResultsPort {
  const { sessions, documents, viewsUpToDate, dispute } = sources;
  return {
    dispute,
    resultsOf: (aggregatorId, day) => publishedSales(sessions, day, { aggregatorId }),
    async settledRows(aggregatorId, sessionId, correction) {
      await viewsUpToDate();
      return settledRows(documents, { sessionId, correction }, { aggregatorId });
    },
  };
}

/** Rows of an owner, or all, in every published session of a delivery day, in the sessions' order. */
export async function publishedSales(
  sessions: MarketSessions,
  deliveryDay: string,
  owner: RowOwner,
): Promise<SessionSales[]> {
  const sales: SessionSales[] = [];
  for (const { sessionId } of await sessions.deliveringOn(deliveryDay)) {
    const session = await sessions.stateOf(sessionId);
    if (session.status !== 'published') continue;
    const sold = salesOf(session);
    sales.push({ ...sold, rows: sold.rows.filter((row) => isOf(row, owner)) });
  }
  return sales;
}

/** True where a row is an owner's. */
export function isOf(row: OutcomeRow, { aggregatorId, requester, podId }: RowOwner): boolean {
  if (aggregatorId !== undefined && row.aggregatorId !== aggregatorId) return false;
  if (requester !== undefined && row.requester !== requester) return false;
  return podId === undefined || row.podId === podId;
}

/** Rows of an owner in a settlement; undefined unless that settlement is the one that counts. */
export async function settledRows(
  documents: DocumentStore,
  { sessionId, correction }: { readonly sessionId: string; readonly correction: number },
  owner: RowOwner,
): Promise<SettledRows | undefined> {
  const settlement = await getSettlement(documents, sessionId);
  const session = await getSession(documents, sessionId);
  if (settlement?.correction !== correction || !session) return undefined;
  const rows: SettlementRow[] = await allOf((page) =>
    findSettlementRows(documents, { sessionId, ...owner }, page),
  );
  return { deliveryDay: session.deliveryDay, rows };
}
