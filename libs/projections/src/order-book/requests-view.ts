/**
 * The requests that stand in each session, with what each clearing round gave them. A later request
 * of the same id takes the earlier one's place.
 */
import {
  type FlexibilityRequest,
  type MarketSessionEvent,
  type RequestResult,
} from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface RequestDocument extends FlexibilityRequest {
  readonly sessionId: string;
  readonly requestedAt: string;
  /** Revision of the event in its session: the order of the book. */
  readonly revision: number;
  /** One for each clearing round; a fill-up round serves what the rounds before left. */
  readonly results: readonly (RequestResult & { readonly round: number })[];
}

type RequestEvent = Recorded<
  Extract<
    MarketSessionEvent,
    { type: 'FlexibilityRequested' | 'RequestWithdrawn' | 'MarketCleared' }
  >
>;

export const requestsView: View<RequestDocument, RequestEvent> = {
  name: 'requests',
  version: 2,
  types: ['FlexibilityRequested', 'RequestWithdrawn', 'MarketCleared'],
  indexes: ['sessionId', 'requester', 'revision'],
  keysOf({ type, data }) {
    const ids =
      type === 'MarketCleared' ? data.requests.map(({ requestId }) => requestId) : [data.requestId];
    return ids.map((requestId) => documentKey(data.sessionId, requestId));
  },
  evolve(doc, event, _key, index) {
    switch (event.type) {
      case 'FlexibilityRequested': {
        const { revision, occurredAt: requestedAt } = event;
        return { ...event.data, requestedAt, revision, results: [] };
      }
      case 'RequestWithdrawn':
        return undefined;
      case 'MarketCleared': {
        const result = { ...event.data.requests[index]!, round: event.data.round };
        return doc && { ...doc, results: [...doc.results, result] };
      }
    }
  },
};
