/**
 * The offers on each session's book. A bid in parts counts once its last part stands, which no event
 * of an earlier part can know; so a document keeps the versions of its offer that may still come to
 * count, and `standingVersion` chooses with the bids beside it.
 */
import {
  isLastPart,
  type MarketSessionEvent,
  type Product,
  type RecordedOffer,
} from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';
import type { BidDocument } from './bids-view';

export interface OfferDocument {
  readonly sessionId: string;
  readonly aggregatorId: string;
  readonly offerId: string;
  /** Of the newest version. */
  readonly podId: string;
  readonly product: Product;
  /** In the order of the log, at least one. */
  readonly versions: readonly OfferVersion[];
}

export interface OfferVersion {
  readonly bidId: string;
  readonly offeredAt: string;
  /** Revision in the session's stream of the part that holds it. */
  readonly revision: number;
  /** The part is its bid's last, and so the bid is complete with it. */
  readonly completesBid: boolean;
  readonly offer: RecordedOffer;
}

type OfferEvent = Recorded<
  Extract<MarketSessionEvent, { type: 'FlexibilityOffered' | 'OfferWithdrawn' }>
>;

export const offersView: View<OfferDocument, OfferEvent> = {
  name: 'offers',
  version: 1,
  types: ['FlexibilityOffered', 'OfferWithdrawn'],
  indexes: ['sessionId', 'aggregatorId', 'podId'],
  keysOf({ type, data }) {
    const { sessionId, aggregatorId } = data;
    const ids =
      type === 'FlexibilityOffered' ? data.offers.map(({ offerId }) => offerId) : data.offerIds;
    return ids.map((offerId) => documentKey(sessionId, aggregatorId, offerId));
  },
  evolve(doc, event, _key, index) {
    if (event.type === 'OfferWithdrawn') return undefined;
    const { sessionId, aggregatorId, bidId, part, offers } = event.data;
    const offer = offers[index]!;
    const { offerId, podId, product } = offer;
    const completesBid = isLastPart(part);
    const version = {
      bidId,
      offeredAt: event.occurredAt,
      revision: event.revision,
      completesBid,
      offer,
    };
    // Counting from now on, it outdoes all that counted before, but not a bid that is still to end.
    const others = (doc?.versions ?? []).filter((other) => !(completesBid && other.completesBid));
    return { sessionId, aggregatorId, offerId, podId, product, versions: [...others, version] };
  },
};

/** The version that counts: that of the bid completed last. `undefined` when no bid is complete. */
export function standingVersion(
  { versions }: OfferDocument,
  bidOf: (bidId: string) => BidDocument | undefined,
): OfferVersion | undefined {
  const countsSince = ({ completesBid, revision, bidId }: OfferVersion): number =>
    completesBid ? revision : (bidOf(bidId)?.completeRevision ?? -1);
  let standing: OfferVersion | undefined;
  for (const version of versions) {
    const since = countsSince(version);
    if (since >= 0 && (!standing || since >= countsSince(standing))) standing = version;
  }
  return standing;
}
