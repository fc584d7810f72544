/** Datasets of the market. Rows by MTU leave out the MTUs in which there is nothing. */
import type { FlexibilityRequest } from '@flexledger/domain';
import {
  bidsView,
  findOffers,
  findOutcomes,
  findRequests,
  findSessions,
  findSettlementRows,
  getSession,
  offersView,
  outcomesView,
  requestsView,
  sessionsView,
  settlementRowsView,
  settlementsView,
  type StandingOffer,
} from '@flexledger/projections';
import {
  type Dataset,
  type Row,
  WH_PER_W_MTU,
  allOf,
  inUnits,
  mtuStart,
  ofSession,
  sessionLookup,
} from './dataset';

export const sessionsDataset: Dataset = {
  name: 'sessions',
  about: 'the calendar with totals, one row a session',
  columns: [
    ...['sessionId', 'kind', 'deliveryDay', 'deliveryStart', 'mtuCount', 'gateOpensAt'],
    ...['gateClosesAt', 'resultDueAt', 'status', 'requests', 'requestedWh', 'offers', 'algorithm'],
    ...['rounds', 'acceptedRows', 'acceptedWh', 'costMicroEur', 'publishedAt', 'cancelledBecause'],
  ],
  views: [sessionsView],
  bySession: false,
  async *rows({ documents }) {
    for await (const session of allOf((page) => findSessions(documents, {}, page))) {
      const { sessionId, kind, deliveryDay, deliveryStart, mtuCount, status, offers } = session;
      const { gateOpensAt, gateClosesAt, resultDueAt, clearing, result } = session;
      const { publishedAt, cancelledBecause } = session;
      yield {
        ...{ sessionId, kind, deliveryDay, deliveryStart, mtuCount },
        ...{ gateOpensAt, gateClosesAt, resultDueAt, status },
        requests: session.requests.length,
        requestedWh: session.requestedWMtu * WH_PER_W_MTU,
        offers,
        algorithm: clearing?.algorithm ?? null,
        rounds: clearing?.rounds ?? null,
        acceptedRows: result.rows,
        acceptedWh: result.acceptedWMtu * WH_PER_W_MTU,
        costMicroEur: result.costMicroEur,
        ...{ publishedAt, cancelledBecause },
      };
    }
  },
};

export const requestsDataset: Dataset = {
  name: 'requests',
  about: 'what DSO and TSO ask for, one row a request and MTU',
  columns: [
    ...['sessionId', 'requestId', 'requester', 'product', 'direction', 'scope'],
    ...['priceCapMicroEurPerKwh', 'requestedAt', 'mtu', 'mtuStart', 'requestedW', 'requestedVar'],
  ],
  views: [requestsView, sessionsView],
  bySession: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = allOf((page) => findRequests(documents, ofSession(source), page));
    for await (const request of find) {
      const { sessionId, requestId, requester, product, direction, requestedAt } = request;
      const { priceCapMicroEurPerKwh } = request;
      const session = await sessionOf(sessionId);
      for (const [mtu, quantity] of request.quantityW.entries()) {
        if (quantity === 0) continue;
        yield {
          ...{ sessionId, requestId, requester, product, direction, scope: scopeText(request) },
          ...{ priceCapMicroEurPerKwh, requestedAt, mtu, mtuStart: mtuStart(session, mtu) },
          ...inUnits(product, { requested: quantity }),
        };
      }
    }
  },
};

export const offersDataset: Dataset = {
  name: 'offers',
  about: 'offers that count, one row an offer and MTU; a block has a row for each MTU it may use',
  columns: [
    ...['sessionId', 'aggregatorId', 'bidId', 'offerId', 'podId', 'pom', 'product', 'direction'],
    ...['kind', 'divisible', 'durationMtus', 'offeredAt', 'mtu', 'mtuStart', 'offeredW'],
    ...['offeredVar', 'minimumW', 'minimumVar', 'priceMicroEurPerKwh'],
  ],
  views: [offersView, bidsView, sessionsView],
  bySession: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    for await (const offer of allOf((page) => findOffers(documents, ofSession(source), page))) {
      const { sessionId, aggregatorId, bidId, offerId, podId, pom, product, direction } = offer;
      const { kind, offeredAt } = offer;
      const session = await sessionOf(sessionId);
      for (const { mtu, quantity, price } of offeredMtus(offer)) {
        yield {
          ...{ sessionId, aggregatorId, bidId, offerId, podId, pom, product, direction, kind },
          divisible: kind === 'single' && offer.divisible,
          durationMtus: kind === 'block' ? offer.durationMtus : null,
          ...{ offeredAt, mtu, mtuStart: mtuStart(session, mtu) },
          ...inUnits(product, {
            offered: quantity,
            minimum: kind === 'single' ? offer.minQuantityW : quantity,
          }),
          priceMicroEurPerKwh: price,
        };
      }
    }
  },
};

export const outcomesDataset: Dataset = {
  name: 'outcomes',
  about: 'published results, one row an offer, request and MTU',
  columns: [
    ...['sessionId', 'offerId', 'requestId', 'podId', 'aggregatorId', 'requester', 'product'],
    ...['direction', 'mtu', 'mtuStart', 'acceptedW', 'acceptedVar', 'priceMicroEurPerKwh'],
  ],
  views: [outcomesView, sessionsView],
  bySession: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    for await (const row of allOf((page) => findOutcomes(documents, ofSession(source), page))) {
      const { sessionId, offerId, requestId, podId, aggregatorId, requester, product } = row;
      const { direction, firstMtu } = row;
      const session = await sessionOf(sessionId);
      for (const [index, accepted] of row.acceptedW.entries()) {
        if (accepted === 0) continue;
        const mtu = firstMtu + index;
        yield {
          ...{ sessionId, offerId, requestId, podId, aggregatorId, requester, product, direction },
          ...{ mtu, mtuStart: mtuStart(session, mtu) },
          ...inUnits(product, { accepted }),
          priceMicroEurPerKwh: row.priceMicroEurPerKwh[index]!,
        };
      }
    }
  },
};

export const settlementsDataset: Dataset = {
  name: 'settlements',
  about: 'settlements that count, one row an accepted offer, request and MTU',
  columns: [
    ...['sessionId', 'correction', 'offerId', 'requestId', 'podId', 'aggregatorId', 'requester'],
    ...['product', 'direction', 'mtu', 'mtuStart', 'acceptedW', 'acceptedVar', 'baselineW'],
    ...['baselineVar', 'measuredW', 'measuredVar', 'deliveredW', 'deliveredVar'],
    ...['priceMicroEurPerKwh', 'paidMicroEur', 'penaltyMicroEur'],
  ],
  views: [settlementRowsView, settlementsView, sessionsView],
  bySession: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = allOf((page) => findSettlementRows(documents, ofSession(source), page));
    for await (const row of find) {
      const { sessionId, correction, offerId, requestId, podId, aggregatorId, requester } = row;
      const { product, direction, firstMtu } = row;
      const session = await sessionOf(sessionId);
      for (const [index, accepted] of row.acceptedW.entries()) {
        if (accepted === 0) continue;
        const mtu = firstMtu + index;
        yield {
          ...{ sessionId, correction, offerId, requestId, podId, aggregatorId, requester },
          ...{ product, direction, mtu, mtuStart: mtuStart(session, mtu) },
          ...inUnits(product, {
            accepted,
            baseline: row.baselineW[index]!,
            measured: row.measuredW[index]!,
            delivered: row.deliveredW[index]!,
          }),
          priceMicroEurPerKwh: row.priceMicroEurPerKwh[index]!,
          paidMicroEur: row.paidMicroEur[index]!,
          penaltyMicroEur: row.penaltyMicroEur[index]!,
        };
      }
    }
  },
};

function* offeredMtus(
  offer: StandingOffer,
): Generator<{ readonly mtu: number; readonly quantity: number; readonly price: number }> {
  if (offer.kind === 'block') {
    const [first, last] = offer.window;
    for (let mtu = first; mtu <= last; mtu += 1) {
      yield { mtu, quantity: offer.quantityW, price: offer.priceMicroEurPerKwh };
    }
    return;
  }
  for (const [mtu, quantity] of offer.quantityW.entries()) {
    if (quantity > 0) yield { mtu, quantity, price: offer.priceMicroEurPerKwh[mtu]! };
  }
}

/** `PS-1`, or the PoDs parted by spaces. */
function scopeText({ scope }: FlexibilityRequest): Row[string] {
  return 'pom' in scope ? scope.pom : scope.podIds.join(' ');
}
