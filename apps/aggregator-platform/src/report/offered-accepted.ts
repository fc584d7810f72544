/** What an aggregator offered in a session beside what the market accepted of it (FR_AP_A_1). */
import {
  type Direction,
  type FlexibilityOffer,
  type OutcomeRow,
  type Product,
  moneyMicroEur,
} from '@flexledger/domain';

/** Sums over MTUs; var where the product is Q. */
export interface OfferedAccepted {
  readonly offeredWMtu: number;
  readonly acceptedWMtu: number;
  /** What is paid if all of it is delivered. */
  readonly acceptedMicroEur: number;
}

/** One offer. */
export interface OfferResult extends OfferedAccepted {
  readonly offerId: string;
  readonly podId: string;
  readonly product: Product;
  readonly direction: Direction;
  readonly kind: FlexibilityOffer['kind'];
  /** By MTU of the session. */
  readonly acceptedW: readonly number[];
}

/** All offers of one product and direction. */
export interface ServiceResult extends OfferedAccepted {
  readonly product: Product;
  readonly direction: Direction;
  readonly offers: number;
  readonly acceptedOffers: number;
}

export interface SessionReport {
  readonly services: readonly ServiceResult[];
  /** In the order of their ids. */
  readonly offers: readonly OfferResult[];
}

/**
 * @param offers that stood when the gate closed
 * @param rows of the published result
 */
export function reportSession(
  offers: readonly FlexibilityOffer[],
  rows: readonly OutcomeRow[],
  mtuCount: number,
): SessionReport {
  const rowsOf = new Map<string, OutcomeRow[]>();
  for (const row of rows) rowsOf.set(row.offerId, [...(rowsOf.get(row.offerId) ?? []), row]);
  const results = offers
    .map((offer) => resultOf(offer, rowsOf.get(offer.offerId) ?? [], mtuCount))
    .sort((one, other) => (one.offerId < other.offerId ? -1 : 1));
  const byService = new Map<string, ServiceResult>();
  for (const result of results) {
    const { product, direction, offeredWMtu, acceptedWMtu, acceptedMicroEur } = result;
    const key = `${product}/${direction}`;
    const sum = byService.get(key) ?? {
      product,
      direction,
      offers: 0,
      acceptedOffers: 0,
      offeredWMtu: 0,
      acceptedWMtu: 0,
      acceptedMicroEur: 0,
    };
    byService.set(key, {
      product,
      direction,
      offers: sum.offers + 1,
      acceptedOffers: sum.acceptedOffers + (acceptedWMtu > 0 ? 1 : 0),
      offeredWMtu: sum.offeredWMtu + offeredWMtu,
      acceptedWMtu: sum.acceptedWMtu + acceptedWMtu,
      acceptedMicroEur: sum.acceptedMicroEur + acceptedMicroEur,
    });
  }
  return { services: [...byService.values()], offers: results };
}

function resultOf(
  offer: FlexibilityOffer,
  rows: readonly OutcomeRow[],
  mtuCount: number,
): OfferResult {
  const { offerId, podId, product, direction, kind } = offer;
  const acceptedW = new Array<number>(mtuCount).fill(0);
  let acceptedMicroEur = 0;
  for (const row of rows) {
    row.acceptedW.forEach((watts, index) => {
      acceptedW[row.firstMtu + index]! += watts;
      acceptedMicroEur += moneyMicroEur(watts, row.priceMicroEurPerKwh[index]!);
    });
  }
  return {
    offerId,
    podId,
    product,
    direction,
    kind,
    offeredWMtu:
      offer.kind === 'block' ? offer.quantityW * offer.durationMtus : sumOf(offer.quantityW),
    acceptedWMtu: sumOf(acceptedW),
    acceptedMicroEur,
    acceptedW,
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
