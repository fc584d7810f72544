/**
 * The final rows of each session's result, in the order published. They count once the session has
 * published the last part (`SessionDocument.publishedAt`), which the queries look up.
 */
import type { MarketSessionEvent, OutcomeRow } from '@flexledger/domain';
import { documentKey, sortable } from '../document-key';
import type { Recorded, View } from '../view';

export interface OutcomeDocument extends OutcomeRow {
  readonly sessionId: string;
  /** Part of the result, and place in it, from 0. */
  readonly part: number;
  readonly row: number;
}

type OutcomeEvent = Recorded<Extract<MarketSessionEvent, { type: 'ResultPublished' }>>;

export const outcomesView: View<OutcomeDocument, OutcomeEvent> = {
  name: 'outcomes',
  version: 1,
  types: ['ResultPublished'],
  indexes: ['sessionId', 'aggregatorId', 'podId', 'requester', 'requestId', 'offerId'],
  keysOf: ({ data: { sessionId, part, rows } }) =>
    rows.map((_, row) => documentKey(sessionId, sortable(part.index), sortable(row))),
  evolve(_doc, { data }, _key, index) {
    const { sessionId, part, rows } = data;
    return { ...rows[index]!, sessionId, part: part.index, row: index };
  },
};
