import {
  type FlexibilityRequest,
  type MarketSessionEvent,
  DEFAULT_CLEARING_PARAMETERS,
  type SessionColumns,
  clearByMeritOrder,
  readSessionColumns,
  sessionStream,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';

/** What clearing a stored session took. */
export interface StoredClearing {
  readonly readSeconds: number;
  readonly clearSeconds: number;
  readonly dsoServedWMtu: string;
  readonly tsoServedWMtu: string;
  readonly algorithm: string;
}

type Offered = Extract<MarketSessionEvent, { type: 'FlexibilityOffered' }>;

/** Reads a closed session's order book from a log, and clears it by merit order. */
export async function clearStored(path: string, sessionId: string): Promise<StoredClearing> {
  const store = await openSqliteEventStore({ path, clock: wallClock, readOnly: true });
  try {
    const startedMs = performance.now();
    const { columns } = await readStored(store, sessionId);
    const readMs = performance.now();
    const result = clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS);
    if (!result) throw new Error(`${sessionId} needs a solver; this bench clears by merit order.`);
    const { dsoServedWMtu, tsoServedWMtu } = result.totals;
    return {
      readSeconds: (readMs - startedMs) / 1e3,
      clearSeconds: (performance.now() - readMs) / 1e3,
      dsoServedWMtu: String(dsoServedWMtu),
      tsoServedWMtu: String(tsoServedWMtu),
      algorithm: result.algorithm,
    };
  } finally {
    await store.close();
  }
}

/** The columns of a closed session, its offers read one event at a time. */
export async function readStored(store: EventStore, sessionId: string): Promise<SessionColumns> {
  const prefix = sessionStream(sessionId);
  const filter = (...types: MarketSessionEvent['type'][]) => ({ types, streamPrefixes: [prefix] });
  const requests: FlexibilityRequest[] = [];
  let mtus = 0;
  let offers = 0;
  const few = filter('SessionScheduled', 'FlexibilityRequested', 'SessionClosed');
  for await (const event of store.readAll({ filter: few })) {
    const { type, data } = event as unknown as MarketSessionEvent;
    if (type === 'SessionScheduled') mtus = data.mtuCount;
    else if (type === 'FlexibilityRequested') requests.push(data);
    else if (type === 'SessionClosed') offers = data.offers;
  }
  const bids = store.readAll({ filter: filter('FlexibilityOffered') });
  return readSessionColumns(requests, bids as unknown as AsyncIterable<Offered>, mtus, offers);
}
