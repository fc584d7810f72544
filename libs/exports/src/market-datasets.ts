/** Datasets of the market. Rows by MTU leave out the MTUs in which there is nothing. */
import type { FlexibilityRequest } from '@flexledger/domain';
import {
  SETTLED_MTU_COLUMNS,
  bidsView,
  findOffers,
  findRequests,
  findSessions,
  findSettlementRows,
  getSession,
  offersView,
  requestsView,
  sessionsView,
  settledMtus,
  settlementRowsView,
  settlementsView,
  type StandingOffer,
  eachOf,
} from '@flexledger/projections';
import {
  type Dataset,
  type Row,
  WH_PER_W_MTU,
  inUnits,
  mtuStart,
  ofSessions,
  sessionLookup,
  unitColumns,
} from './dataset';

export const sessionsDataset: Dataset = {
  name: 'sessions',
  about: 'the calendar with totals, one row a session',
  columns: {
    sessionId: 'text',
    kind: 'text',
    deliveryDay: 'date',
    deliveryStart: 'timestamp',
    mtuCount: 'integer',
    gateOpensAt: 'timestamp',
    gateClosesAt: 'timestamp',
    resultDueAt: 'timestamp',
    status: 'text',
    requests: 'integer',
    requestedWh: 'number',
    offers: 'integer',
    algorithm: 'text',
    rounds: 'integer',
    acceptedRows: 'integer',
    acceptedWh: 'number',
    costMicroEur: 'integer',
    publishedAt: 'timestamp',
    cancelledBecause: 'text',
  },
  views: [sessionsView],
  narrows: true,
  async *rows({ documents, narrowed }) {
    const wanted = narrowed && new Set(narrowed.sessionIds);
    const where = narrowed ? { deliveryDay: narrowed.days } : {};
    for await (const session of eachOf((page) => findSessions(documents, where, page))) {
      if (wanted && !wanted.has(session.sessionId)) continue;
      const { sessionId, kind, deliveryDay, deliveryStart, mtuCount, status, offers } = session;
      const { gateOpensAt, gateClosesAt, resultDueAt, clearing, result } = session;
      const { publishedAt, cancelledBecause } = session;
      yield {
        sessionId,
        kind,
        deliveryDay,
        deliveryStart,
        mtuCount,
        gateOpensAt,
        gateClosesAt,
        resultDueAt,
        status,
        requests: session.requests.length,
        requestedWh: session.requestedWMtu * WH_PER_W_MTU,
        offers,
        algorithm: clearing?.algorithm ?? null,
        rounds: clearing?.rounds ?? null,
        acceptedRows: result.rows,
        acceptedWh: result.acceptedWMtu * WH_PER_W_MTU,
        costMicroEur: result.costMicroEur,
        publishedAt,
        cancelledBecause,
      };
    }
  },
};

export const requestsDataset: Dataset = {
  name: 'requests',
  about: 'what DSO and TSO ask for, one row a request and MTU',
  columns: {
    sessionId: 'text',
    requestId: 'text',
    requester: 'text',
    product: 'text',
    direction: 'text',
    scope: 'text',
    primarySubstation: 'text',
    mvFeeder: 'text',
    secondarySubstation: 'text',
    priceCapMicroEurPerKwh: 'integer',
    requestedAt: 'timestamp',
    mtu: 'integer',
    mtuStart: 'timestamp',
    ...unitColumns('requested'),
  },
  views: [requestsView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = ofSessions(source, (where, page) => findRequests(documents, where, page));
    for await (const request of find) {
      const { sessionId, requestId, requester, product, direction, requestedAt } = request;
      const { priceCapMicroEurPerKwh } = request;
      const { deliveryStart } = await sessionOf(sessionId);
      for (const [mtu, quantity] of request.quantityW.entries()) {
        if (quantity === 0) continue;
        yield {
          sessionId,
          requestId,
          requester,
          product,
          direction,
          scope: scopeText(request),
          ...pointColumns(request),
          priceCapMicroEurPerKwh,
          requestedAt,
          mtu,
          mtuStart: mtuStart(deliveryStart, mtu),
          ...inUnits(product, { requested: quantity }),
        };
      }
    }
  },
};

export const offersDataset: Dataset = {
  name: 'offers',
  about: 'offers that count, one row an offer and MTU; a block has a row for each MTU it may use',
  columns: {
    sessionId: 'text',
    aggregatorId: 'text',
    bidId: 'text',
    offerId: 'text',
    podId: 'text',
    pom: 'text',
    product: 'text',
    direction: 'text',
    kind: 'text',
    divisible: 'boolean',
    durationMtus: 'integer',
    offeredAt: 'timestamp',
    mtu: 'integer',
    mtuStart: 'timestamp',
    ...unitColumns('offered', 'minimum'),
    priceMicroEurPerKwh: 'integer',
  },
  views: [offersView, bidsView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = ofSessions(source, (where, page) => findOffers(documents, where, page));
    for await (const offer of find) {
      const { sessionId, aggregatorId, bidId, offerId, podId, pom, product, direction } = offer;
      const { kind, offeredAt } = offer;
      const { deliveryStart } = await sessionOf(sessionId);
      for (const { mtu, quantity, price } of offeredMtus(offer)) {
        yield {
          sessionId,
          aggregatorId,
          bidId,
          offerId,
          podId,
          pom,
          product,
          direction,
          kind,
          divisible: kind === 'single' && offer.divisible,
          durationMtus: kind === 'block' ? offer.durationMtus : null,
          offeredAt,
          mtu,
          mtuStart: mtuStart(deliveryStart, mtu),
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

export const settlementsDataset: Dataset = {
  name: 'settlements',
  about: 'settlements that count, one row an accepted offer, request and MTU',
  columns: SETTLED_MTU_COLUMNS,
  views: [settlementRowsView, settlementsView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = ofSessions(source, (where, page) => findSettlementRows(documents, where, page));
    for await (const row of find) {
      yield* settledMtus(row, (await sessionOf(row.sessionId)).deliveryStart);
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

/** Where in the grid it is for: what a DSO said of its PoDs, the substation that the scope names. */
function pointColumns({ scope, gridPoint }: FlexibilityRequest): Row {
  return {
    primarySubstation: 'pom' in scope ? scope.pom : (gridPoint?.pom ?? null),
    mvFeeder: gridPoint?.mvFeeder ?? null,
    secondarySubstation: gridPoint?.secondarySubstation ?? null,
  };
}

/** `PS-1`, or the PoDs parted by spaces. */
function scopeText({ scope }: FlexibilityRequest): Row[string] {
  return 'pom' in scope ? scope.pom : scope.podIds.join(' ');
}
