import type { RecordedOffer } from '@flexledger/domain';
import { documentKey } from '../document-key';
import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import { type BidDocument, bidKey, bidsView } from './bids-view';
import { type OfferDocument, offersView, standingVersion } from './offers-view';
import { type RequestDocument, requestsView } from './requests-view';

/** An offer that counts. */
export type StandingOffer = RecordedOffer & {
  readonly sessionId: string;
  readonly aggregatorId: string;
  readonly bidId: string;
  readonly offeredAt: string;
};

export function getRequest(
  documents: DocumentStore,
  sessionId: string,
  requestId: string,
): Promise<RequestDocument | undefined> {
  return getOne(documents, requestsView, documentKey(sessionId, requestId));
}

/** Requests in the order of the book. @throws InvalidQuery */
export function findRequests(
  documents: DocumentStore,
  where: Where<RequestDocument>,
  page: PageRequest = {},
): Promise<Page<RequestDocument>> {
  return documents.find(requestsView, { where, orderBy: 'revision', ...page });
}

export async function getOffer(
  documents: DocumentStore,
  key: { readonly sessionId: string; readonly aggregatorId: string; readonly offerId: string },
): Promise<StandingOffer | undefined> {
  const id = documentKey(key.sessionId, key.aggregatorId, key.offerId);
  const doc = await getOne(documents, offersView, id);
  return doc && (await standing(documents, [doc]))[0];
}

/**
 * Offers that count, by session, aggregator and offer id. A page may hold fewer than its limit while
 * a bid in parts is incomplete; go on while `next` is not null.
 *
 * @throws InvalidQuery
 */
export async function findOffers(
  documents: DocumentStore,
  where: Where<OfferDocument>,
  page: PageRequest = {},
): Promise<Page<StandingOffer>> {
  const { items, next } = await documents.find(offersView, { where, ...page });
  return { items: await standing(documents, items), next };
}

/** Offers on the book, those of incomplete bids included. @throws InvalidQuery */
export function countOffers(
  documents: DocumentStore,
  where: Where<OfferDocument>,
): Promise<number> {
  return documents.count(offersView, where);
}

export function getBid(
  documents: DocumentStore,
  sessionId: string,
  bidId: string,
): Promise<BidDocument | undefined> {
  return getOne(documents, bidsView, bidKey(sessionId, bidId));
}

/** @throws InvalidQuery */
export function findBids(
  documents: DocumentStore,
  where: Where<BidDocument>,
  page: PageRequest = {},
): Promise<Page<BidDocument>> {
  return documents.find(bidsView, { where, ...page });
}

async function standing(
  documents: DocumentStore,
  offers: readonly OfferDocument[],
): Promise<StandingOffer[]> {
  const open = new Set<string>();
  for (const { sessionId, versions } of offers) {
    for (const { bidId, completesBid } of versions) {
      if (!completesBid) open.add(bidKey(sessionId, bidId));
    }
  }
  const ids = [...open];
  const found = await documents.getMany(bidsView, ids);
  const bids = new Map(ids.map((id, index) => [id, found[index]]));
  return offers.flatMap((doc) => {
    const { sessionId, aggregatorId } = doc;
    const version = standingVersion(doc, (bidId) => bids.get(bidKey(sessionId, bidId)));
    if (!version) return [];
    const { bidId, offeredAt, offer } = version;
    return [{ ...offer, sessionId, aggregatorId, bidId, offeredAt }];
  });
}
