/** Bids as they came in: how many parts, whether complete, and which rows were refused and why. */
import { isLastPart, type MarketSessionEvent, type RefusedRow } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface BidDocument {
  readonly sessionId: string;
  readonly bidId: string;
  readonly aggregatorId: string;
  readonly parts: number;
  readonly partsReceived: number;
  /** Revision of the last part in the session's stream; null while parts are missing. */
  readonly completeRevision: number | null;
  readonly completeAt: string | null;
  readonly offers: number;
  readonly refused: readonly RefusedRow[];
}

type BidEvent = Recorded<Extract<MarketSessionEvent, { type: 'FlexibilityOffered' }>>;

export const bidsView: View<BidDocument, BidEvent> = {
  name: 'bids',
  version: 1,
  types: ['FlexibilityOffered'],
  indexes: ['sessionId', 'aggregatorId'],
  keysOf: ({ data }) => [bidKey(data.sessionId, data.bidId)],
  evolve(doc, { data, revision, occurredAt }) {
    const { sessionId, bidId, aggregatorId, part, offers, refused } = data;
    const complete = isLastPart(part);
    return {
      sessionId,
      bidId,
      aggregatorId,
      parts: part.of,
      partsReceived: (doc?.partsReceived ?? 0) + 1,
      completeRevision: complete ? revision : null,
      completeAt: complete ? occurredAt : null,
      offers: (doc?.offers ?? 0) + offers.length,
      refused: [...(doc?.refused ?? []), ...refused],
    };
  },
};

export function bidKey(sessionId: string, bidId: string): string {
  return documentKey(sessionId, bidId);
}
