/**
 * Settled rows of every settlement, superseded ones included: what was corrected stays visible. Rows
 * of the settlement that counts have its `settlementId`.
 */
import type { SettlementEvent, SettlementRow } from '@flexledger/domain';
import { documentKey, sortable } from '../document-key';
import type { Recorded, View } from '../view';

export interface SettlementRowDocument extends SettlementRow {
  /** Session and correction, as `settlementId` makes it. */
  readonly settlementId: string;
  readonly sessionId: string;
  readonly correction: number;
  /** Part of the settlement, and place in it, from 0. */
  readonly part: number;
  readonly row: number;
}

type RowEvent = Recorded<Extract<SettlementEvent, { type: 'SettlementComputed' }>>;

export const settlementRowsView: View<SettlementRowDocument, RowEvent> = {
  name: 'settlement-rows',
  version: 1,
  types: ['SettlementComputed'],
  indexes: ['settlementId', 'sessionId', 'aggregatorId', 'podId', 'requester'],
  keysOf({ data: { sessionId, correction, part, rows } }) {
    const settlement = documentKey(sessionId, sortable(correction), sortable(part.index));
    return rows.map((_, row) => `${settlement}/${sortable(row)}`);
  },
  evolve(_doc, { data }, _key, index) {
    const { sessionId, correction, part, rows } = data;
    return {
      settlementId: settlementId(sessionId, correction),
      sessionId,
      correction,
      part: part.index,
      row: index,
      ...rows[index]!,
    };
  },
};

export function settlementId(sessionId: string, correction: number): string {
  return documentKey(sessionId, String(correction));
}
