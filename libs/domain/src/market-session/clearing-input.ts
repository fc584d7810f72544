/**
 * From a session's order book to a clearing problem and back. What is read stands in the session's
 * own stream (and the day-ahead result for real-time sessions), so anyone can do it again.
 */
import type {
  ClearingInstance,
  ClearingOffer,
  ClearingRequest,
  LimitByMtu,
  PodLimit,
} from '../clearing/instance';
import { limitAt } from '../pod/day-curve';
import { RELIABILITY_UNKNOWN } from '../reliability/reliability-book';
import { limitField } from '../units/units';
import type { BookOffer } from './book-offers';
import type { OutcomeRow } from './events';
import { acceptedByMtu, finalRows } from './outcome';
import { type ScheduledSession, standingOffers } from './state';

const NONE_REFUSED: ReadonlySet<number> = new Set();

/**
 * The clearing problem of the session's next round: in the first round the whole order book, then
 * what is still asked for and still on offer. Offers are in the order of the log.
 *
 * @param soldBefore by PoD, product and direction (`soldKey`): what earlier sessions accepted in
 *   each MTU of this one; a PoD's declared flexibility is only once for sale
 */
export function clearingInput(
  state: ScheduledSession,
  soldBefore: ReadonlyMap<string, Float64Array>,
): ClearingInstance {
  const mtus = state.schedule.mtuCount;
  const kept = finalRows(state);
  const servedOf = acceptedByMtu(kept, mtus, (row) => row.requestId);
  const takenOf = acceptedByMtu(kept, mtus, (row) => offerKey(row.aggregatorId, row.offerId));
  const soldHere = acceptedByMtu(kept, mtus, (row) => soldKey(row));
  const refused = refusedMtus(state);
  const podLimits = new Map<string, DraftLimit>();
  const isSold = soldBefore.size + soldHere.size > 0;
  const offers = standingOffers(state).map((offer) => {
    const limit = podLimits.get(offer.podId) ?? { upW: 0, downW: 0, upVar: 0, downVar: 0 };
    podLimits.set(offer.podId, limit);
    const sold = isSold ? [soldBefore, soldHere].map((by) => by.get(soldKey(offer))) : [];
    limit[limitField(offer.product, offer.direction)] = remainingLimit(offer.podLimitW, sold, mtus);
    const id = offerKey(offer.aggregatorId, offer.offerId);
    return clearingOffer(id, offer, takenOf.get(id), refused.get(id) ?? NONE_REFUSED);
  });
  const requests = state.requests.map((request): ClearingRequest => {
    const { scope, requestId: id, requester, product, direction } = request;
    const served = servedOf.get(id);
    const quantityW = request.quantityW.map((watts, mtu) => watts - (served?.[mtu] ?? 0));
    const { priceCapMicroEurPerKwh } = request;
    return {
      id,
      requester,
      product,
      direction,
      ...('pom' in scope ? { pom: scope.pom } : { pods: scope.podIds }),
      quantityW,
      priceCapMicroEurPerKwh,
    };
  });
  return { mtus, podLimits, requests, offers: offers.filter((offer) => offer !== undefined) };
}

/** The key under which a PoD's sold flexibility is summed. */
export function soldKey(row: {
  readonly podId: string;
  readonly product: string;
  readonly direction: string;
}): string {
  return `${row.podId}/${row.product}/${row.direction}`;
}

/** The id under which an aggregator's offer stands in the clearing problem. */
export function offerKey(aggregatorId: string, offerId: string): string {
  return `${aggregatorId}/${offerId}`;
}

/**
 * What is left of an offer after what earlier rounds took of it and where the DSO refused it. What is
 * sold whole, or runs as a block, is on offer only while nothing was taken of it.
 */
function clearingOffer(
  id: string,
  offer: BookOffer,
  taken: Float64Array | undefined,
  refused: ReadonlySet<number>,
): ClearingOffer | undefined {
  const { podId: pod, pom, product, direction, aggregatorId: aggregator } = offer;
  const reliability = offer.reliabilityPerMille ?? RELIABILITY_UNKNOWN;
  if (offer.kind === 'block') {
    const { quantityW, priceMicroEurPerKwh, durationMtus, window } = offer;
    if (taken !== undefined || refused.size > 0) return undefined;
    return {
      id,
      pod,
      pom,
      aggregator,
      product,
      direction,
      reliability,
      kind: 'block',
      divisible: false,
      quantityW,
      priceMicroEurPerKwh,
      durationMtus,
      window,
      minQuantityW: 0,
      energyLimitWh: null,
    };
  }
  const { divisible, minQuantityW, priceMicroEurPerKwh } = offer;
  const quantityW = leftOf(offer, taken, refused);
  // Members one by one: at 1.6 M offers, spreading them takes seconds.
  return {
    id,
    pod,
    pom,
    aggregator,
    product,
    direction,
    reliability,
    kind: 'single',
    divisible,
    minQuantityW,
    quantityW,
    priceMicroEurPerKwh,
  };
}

/** The offer's own series where nothing was taken or refused, since a book may hold 1.6 M of them. */
function leftOf(
  { quantityW, divisible, minQuantityW }: Extract<BookOffer, { kind: 'single' }>,
  taken: Float64Array | undefined,
  refused: ReadonlySet<number>,
): Int32Array {
  if (taken === undefined && refused.size === 0) return quantityW;
  const isWhole = !divisible || minQuantityW > 0;
  return quantityW.map((watts, mtu) => {
    const takenW = taken?.[mtu] ?? 0;
    return refused.has(mtu) || (isWhole && takenW > 0) ? 0 : Math.max(0, watts - takenW);
  });
}

/** MTUs in which the DSO took something off an offer: more of it would do the same harm. */
function refusedMtus(state: ScheduledSession): Map<string, Set<number>> {
  const refused = new Map<string, Set<number>>();
  for (const round of state.rounds) {
    for (const exception of round.exceptions) {
      const row: OutcomeRow = round.rows[exception.index]!;
      const key = offerKey(row.aggregatorId, row.offerId);
      const mtus = refused.get(key) ?? new Set();
      refused.set(key, mtus);
      row.acceptedW.forEach((watts, index) => {
        if (exception.permittedW[index]! < watts) mtus.add(row.firstMtu + index);
      });
    }
  }
  return refused;
}

type DraftLimit = { -readonly [Field in keyof PodLimit]-?: LimitByMtu };

/** The declared limit less what is sold; as it was declared where nothing is. */
function remainingLimit(
  limitW: LimitByMtu,
  sold: readonly (Float64Array | undefined)[],
  mtus: number,
): LimitByMtu {
  if (sold.every((watts) => watts === undefined)) return limitW;
  const soldW = (mtu: number): number => sold.reduce((sum, watts) => sum + (watts?.[mtu] ?? 0), 0);
  const leftW = Array.from({ length: mtus }, (_, mtu) =>
    Math.max(0, limitAt(limitW, mtu) - soldW(mtu)),
  );
  return leftW.every((watts, mtu) => watts === limitAt(limitW, mtu)) ? limitW : leftW;
}
