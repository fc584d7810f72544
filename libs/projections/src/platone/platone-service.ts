/** A request or an offer as a flexibility service of the seeds (D2.4, figure 4). */
import type { RequestDocument } from '../order-book/requests-view';
import type { StandingOffer } from '../order-book/queries';
import {
  type PlatoneSession,
  euro,
  ofProduct,
  offeredServiceId,
  requestedServiceId,
  signedKilo,
} from './platone-units';

/** One line of figure 4, with what stands behind its "Show Details". */
export interface PlatoneService {
  /** ISO 8601. */
  readonly insertDate: string;
  /** Who put it in: DSO, TSO, or the aggregator. */
  readonly marketOperator: string;
  readonly playerServiceId: string;
  readonly serviceType: 'DSO_request' | 'TSO_request' | 'offer';
  readonly marketType: 'dayAhead' | 'realTime';
  readonly flexibility: PlatoneFlexibility;
}

/** What is asked for or offered, and of whom. */
export interface PlatoneFlexibility {
  /** An offer's PoD, or those that help a request. */
  readonly pods: readonly string[];
  /** A request's point of measurement. */
  readonly poMId: string | null;
  /** Quarter-hours with nothing are left out. */
  readonly power: readonly PlatonePower[];
}

/** Power of a quarter-hour: kW and kvar, upwards positive, EUR/kWh (EUR/kvarh); null where nothing is said. */
export interface PlatonePower {
  /** Of the quarter-hour within its session, from 0. */
  readonly index: number;
  readonly pValue: number | null;
  readonly qValue: number | null;
  readonly pPrice: number | null;
  readonly qPrice: number | null;
}

/** @param request of that session */
export function platoneRequest(request: RequestDocument, session: PlatoneSession): PlatoneService {
  const { requester, scope, priceCapMicroEurPerKwh: cap } = request;
  return {
    insertDate: request.requestedAt,
    marketOperator: requester,
    playerServiceId: requestedServiceId(request, session),
    serviceType: `${requester}_request`,
    marketType: session.kind,
    flexibility: {
      pods: 'podIds' in scope ? scope.podIds : [],
      poMId: 'pom' in scope ? scope.pom : null,
      power: request.quantityW.flatMap((quantity, index) =>
        quantity === 0 ? [] : [powerOf(request, { index, quantity, price: cap })],
      ),
    },
  };
}

/** @param offer of that session; a block has a line for each quarter-hour that it may use */
export function platoneOffer(offer: StandingOffer, session: PlatoneSession): PlatoneService {
  return {
    insertDate: offer.offeredAt,
    marketOperator: offer.aggregatorId,
    playerServiceId: offeredServiceId(offer, session),
    serviceType: 'offer',
    marketType: session.kind,
    flexibility: {
      pods: [offer.podId],
      poMId: offer.pom,
      power: offeredMtus(offer).map((at) => powerOf(offer, at)),
    },
  };
}

function offeredMtus(offer: StandingOffer): Offered[] {
  if (offer.kind === 'block') {
    const [first, last] = offer.window;
    const { quantityW: quantity, priceMicroEurPerKwh: price } = offer;
    return Array.from({ length: last - first + 1 }, (_, at) => {
      return { index: first + at, quantity, price };
    });
  }
  return offer.quantityW.flatMap((quantity, index) =>
    quantity === 0 ? [] : [{ index, quantity, price: offer.priceMicroEurPerKwh[index]! }],
  );
}

interface Offered {
  readonly index: number;
  readonly quantity: number;
  readonly price: number | null;
}

function powerOf(
  { product, direction }: Pick<StandingOffer, 'product' | 'direction'>,
  { index, quantity, price }: Offered,
): PlatonePower {
  const value = ofProduct(product, signedKilo(quantity, direction));
  const paid = ofProduct(product, price === null ? null : euro(price));
  return { index, pValue: value.p, qValue: value.q, pPrice: paid.p, qPrice: paid.q };
}
