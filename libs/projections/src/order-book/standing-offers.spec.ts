/** The book that is read is the book that is cleared: whatever the bids, the view agrees with the domain. */
import {
  marketSessionDecider,
  type MarketSessionEvent,
  type MarketSessionState,
  type ScheduledSession,
  recordedOffer,
  standingOffers,
} from '@flexledger/domain';
import fc from 'fast-check';
import { documentsAfter } from '../testing/recorded-log';
import { inSession, offer, offered, opened, scheduled, SESSION } from '../testing/session-events';
import { type BidDocument, bidsView } from './bids-view';
import { offersView, standingVersion } from './offers-view';

const offerIds = fc.uniqueArray(fc.constantFrom('o1', 'o2', 'o3'), { minLength: 1 });
const anyBid = fc.record({
  aggregatorId: fc.constantFrom('AGG1', 'AGG2'),
  parts: fc.array(offerIds, { minLength: 1, maxLength: 3 }),
});
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ advance: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ withdraw: offerIds }) },
);

interface Bid {
  readonly aggregatorId: string;
  readonly parts: readonly (readonly string[])[];
}
type Step = { readonly advance: number } | { readonly withdraw: readonly string[] };

/** Bids whose parts come in between each other; withdrawals while no bid is half in. */
function events(bids: readonly Bid[], steps: readonly Step[]): MarketSessionEvent[] {
  const next = bids.map(() => 0);
  const found: MarketSessionEvent[] = [];
  for (const step of steps) {
    if ('withdraw' in step) {
      const halfIn = bids.some(({ parts }, bid) => next[bid]! > 0 && next[bid]! < parts.length);
      const data = { sessionId: SESSION, aggregatorId: 'AGG1', offerIds: step.withdraw };
      if (!halfIn) found.push({ type: 'OfferWithdrawn', data });
      continue;
    }
    const bid = step.advance % bids.length;
    const { aggregatorId, parts } = bids[bid]!;
    const index = next[bid]!;
    if (index === parts.length) continue;
    next[bid] = index + 1;
    const rows = parts[index]!.map((offerId) => offer(offerId, found.length));
    found.push(offered(`b${bid}`, rows, { aggregatorId, part: { index, of: parts.length } }));
  }
  return found;
}

it('agrees with the offers that the session itself counts', () => {
  fc.assert(
    fc.property(
      fc.array(anyBid, { minLength: 1, maxLength: 4 }),
      fc.array(anyStep, { maxLength: 15 }),
      (bids, steps) => {
        const log = [scheduled, opened, ...events(bids, steps)];
        const state = log.reduce<MarketSessionState>(
          marketSessionDecider.evolve,
          marketSessionDecider.initialState,
        );
        const bidDocs = documentsAfter(bidsView, inSession(...log));
        const bidOf = (bidId: string): BidDocument | undefined =>
          bidDocs.find((bid) => bid.bidId === bidId);
        const read = documentsAfter(offersView, inSession(...log)).flatMap((doc) => {
          const version = standingVersion(doc, bidOf);
          return version ? [{ ...version.offer, aggregatorId: doc.aggregatorId }] : [];
        });
        const counted = standingOffers(state as ScheduledSession).map((offer) => ({
          ...recordedOffer(offer),
          aggregatorId: offer.aggregatorId,
        }));
        expect(sorted(read)).toEqual(sorted(counted));
      },
    ),
    { numRuns: 500 },
  );
});

function sorted<Offer extends { readonly aggregatorId: string; readonly offerId: string }>(
  offers: readonly Offer[],
): Offer[] {
  const key = ({ aggregatorId, offerId }: Offer): string => `${aggregatorId}/${offerId}`;
  return [...offers].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
