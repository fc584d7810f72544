/** Requests and bids -> the book of a session. */
import type { MarketSessionEvent } from '@flexledger/domain';
import { documentsAfter, timeAt } from '../testing/recorded-log';
import {
  cleared,
  inSession,
  offer,
  offered,
  requested,
  scheduled,
  SESSION,
} from '../testing/session-events';
import { type BidDocument, bidsView } from './bids-view';
import { offersView, standingVersion } from './offers-view';
import { type RequestDocument, requestsView } from './requests-view';

describe('requests', () => {
  const after = (...events: readonly MarketSessionEvent[]): RequestDocument[] =>
    documentsAfter(requestsView, inSession(...events));

  it('stand as they were made, the last one of an id', () => {
    expect(after(scheduled, requested('r1'), requested('r1', { quantityW: [9, 9] }))).toEqual([
      {
        sessionId: SESSION,
        requestId: 'r1',
        requester: 'DSO',
        product: 'P',
        direction: 'up',
        scope: { pom: 'CP1' },
        quantityW: [9, 9],
        priceCapMicroEurPerKwh: null,
        requestedAt: timeAt(2),
        revision: 2,
        results: [],
      },
    ]);
  });

  it('are gone when withdrawn', () => {
    const data = { sessionId: SESSION, requestId: 'r1' };
    expect(after(requested('r1'), { type: 'RequestWithdrawn', data })).toEqual([]);
  });

  it('are told what each clearing round gave them, and why not more', () => {
    const result = (requestId: string, servedW: number) => ({
      requestId,
      servedW: [servedW],
      marginalPriceMicroEurPerKwh: [120_000],
      binding: ['cap'],
    });
    const [r1, r2] = after(
      requested('r1'),
      requested('r2'),
      cleared({ requests: [result('r1', 10), result('r2', 20), result('unknown', 1)] }),
      cleared({ round: 1, requests: [result('r2', 5)] }),
    );
    expect(r1?.results).toEqual([{ ...result('r1', 10), round: 0 }]);
    expect(r2?.results).toEqual([
      { ...result('r2', 20), round: 0 },
      { ...result('r2', 5), round: 1 },
    ]);
  });
});

/** Price of each offer that counts, by aggregator and id. */
function standing(...events: readonly MarketSessionEvent[]): Record<string, number> {
  const log = inSession(...events);
  const bids = documentsAfter(bidsView, log);
  const bidOf = (bidId: string): BidDocument | undefined => bids.find((bid) => bid.bidId === bidId);
  return Object.fromEntries(
    documentsAfter(offersView, log).flatMap((doc) => {
      const offer = standingVersion(doc, bidOf)?.offer;
      const price = offer?.kind === 'single' ? offer.priceMicroEurPerKwh[0] : undefined;
      return price === undefined ? [] : [[`${doc.aggregatorId}/${doc.offerId}`, price]];
    }),
  );
}

const part = (index: number, of: number) => ({ part: { index, of } });
const withdrawn = (...offerIds: readonly string[]): MarketSessionEvent => ({
  type: 'OfferWithdrawn',
  data: { sessionId: SESSION, aggregatorId: 'AGG1', offerIds },
});

describe('offers', () => {
  it('stand once offered, each aggregator its own', () => {
    expect(
      standing(
        offered('b1', [offer('o1', 10), offer('o2', 20)]),
        offered('b2', [offer('o1', 30)], { aggregatorId: 'AGG2' }),
      ),
    ).toEqual({ 'AGG1/o1': 10, 'AGG1/o2': 20, 'AGG2/o1': 30 });
  });

  it('take the place of earlier ones of the same id, and leave the others', () => {
    expect(
      standing(offered('b1', [offer('o1', 10), offer('o2', 20)]), offered('b2', [offer('o1', 99)])),
    ).toEqual({ 'AGG1/o1': 99, 'AGG1/o2': 20 });
  });

  it('are gone when withdrawn, and stand when offered again', () => {
    const both = offered('b1', [offer('o1', 10), offer('o2', 20)]);
    expect(standing(both, withdrawn('o1', 'never-was'))).toEqual({ 'AGG1/o2': 20 });
    expect(standing(both, withdrawn('o1'), offered('b2', [offer('o1', 11)]))).toEqual({
      'AGG1/o1': 11,
      'AGG1/o2': 20,
    });
  });

  it('keep one version where bids came in one part', () => {
    const log = inSession(offered('b1', [offer('o1', 1)]), offered('b2', [offer('o1', 2)]));
    expect(documentsAfter(offersView, log)).toEqual([
      {
        sessionId: SESSION,
        aggregatorId: 'AGG1',
        offerId: 'o1',
        podId: 'IT002E00000002',
        product: 'P',
        versions: [
          {
            bidId: 'b2',
            offeredAt: timeAt(1),
            revision: 1,
            completesBid: true,
            offer: offer('o1', 2),
          },
        ],
      },
    ]);
  });
});

describe('a bid in parts', () => {
  const before = offered('b1', [offer('o1', 10), offer('o2', 10)]);
  const first = offered('b2', [offer('o1', 20)], part(0, 2));
  const last = offered('b2', [offer('o2', 20)], part(1, 2));

  it('does not count before its last part: what stood before stands', () => {
    expect(standing(first)).toEqual({});
    expect(standing(before, first)).toEqual({ 'AGG1/o1': 10, 'AGG1/o2': 10 });
  });

  it('counts whole with its last part', () => {
    expect(standing(before, first, last)).toEqual({ 'AGG1/o1': 20, 'AGG1/o2': 20 });
  });

  it('that never ends is outdone by the next bid', () => {
    expect(standing(first, offered('b3', [offer('o1', 30)]))).toEqual({ 'AGG1/o1': 30 });
  });

  it('that ends after another bid outdoes it', () => {
    expect(standing(first, offered('b3', [offer('o1', 30)]), last)).toEqual({
      'AGG1/o1': 20,
      'AGG1/o2': 20,
    });
  });

  it('is not heard of again where an offer was withdrawn meanwhile', () => {
    expect(standing(before, first, withdrawn('o1'), last)).toEqual({ 'AGG1/o2': 20 });
  });

  it('is told with its parts and the rows that were refused', () => {
    const refused = [{ index: 2, offerId: 'o9', reason: 'unknown PoD' }];
    const [open] = documentsAfter(bidsView, inSession(first));
    expect(open).toMatchObject({ parts: 2, partsReceived: 1, completeRevision: null, offers: 1 });
    const end = offered('b2', [offer('o2', 20)], { ...part(1, 2), refused });
    expect(documentsAfter(bidsView, inSession(first, end))).toEqual([
      {
        sessionId: SESSION,
        bidId: 'b2',
        aggregatorId: 'AGG1',
        parts: 2,
        partsReceived: 2,
        completeRevision: 1,
        completeAt: timeAt(1),
        offers: 2,
        refused,
      },
    ]);
  });
});
