/** What day-ahead offers leave for a real-time session. Pure. */
import {
  type BookOffer,
  type FlexibilityOffer,
  type ScheduledSession,
  acceptedByMtu,
  finalRows,
  offerKey,
  standingOffers,
  MTU_MS,
} from '@flexledger/domain';

/**
 * The offers of a published day-ahead session less what was accepted of them, as they fall into the
 * MTUs of a real-time session, by aggregator. What is sold whole, or runs as a block, is left only
 * where nothing of it was accepted; an offer of which nothing is left is gone.
 */
export function leftOffers(
  session: ScheduledSession,
  dayAhead: ScheduledSession,
): Map<string, FlexibilityOffer[]> {
  const startMs = (state: ScheduledSession): number => Date.parse(state.schedule.deliveryStart);
  const firstMtu = (startMs(session) - startMs(dayAhead)) / MTU_MS;
  const { mtuCount } = session.schedule;
  const takenOf = acceptedByMtu(finalRows(dayAhead), dayAhead.schedule.mtuCount, (row) =>
    offerKey(row.aggregatorId, row.offerId),
  );
  const left = new Map<string, FlexibilityOffer[]>();
  for (const offer of standingOffers(dayAhead)) {
    const { aggregatorId, offerId } = offer;
    const offers = left.get(aggregatorId) ?? [];
    left.set(aggregatorId, offers);
    const rest = leftOf(offer, takenOf.get(offerKey(aggregatorId, offerId)), firstMtu, mtuCount);
    if (rest) offers.push(rest);
  }
  return left;
}

function leftOf(
  offer: BookOffer,
  taken: Float64Array | undefined,
  firstMtu: number,
  mtuCount: number,
): FlexibilityOffer | undefined {
  const { offerId, podId, product, direction } = offer;
  const common = { offerId, podId, product, direction };
  if (offer.kind === 'block') {
    const { kind, quantityW, priceMicroEurPerKwh, durationMtus } = offer;
    const first = Math.max(offer.window[0] - firstMtu, 0);
    const last = Math.min(offer.window[1] - firstMtu, mtuCount - 1);
    if (taken !== undefined || last - first + 1 < durationMtus) return undefined;
    return { ...common, kind, quantityW, priceMicroEurPerKwh, durationMtus, window: [first, last] };
  }
  const { kind, divisible, minQuantityW } = offer;
  const isWhole = !divisible || minQuantityW > 0;
  const slice = (series: Int32Array): number[] =>
    Array.from(series.subarray(firstMtu, firstMtu + mtuCount));
  const quantityW = slice(offer.quantityW).map((watts, index) => {
    const takenW = taken?.[firstMtu + index] ?? 0;
    return isWhole && takenW > 0 ? 0 : Math.max(0, watts - takenW);
  });
  if (quantityW.every((watts) => watts === 0)) return undefined;
  const priceMicroEurPerKwh = slice(offer.priceMicroEurPerKwh);
  return { ...common, kind, quantityW, priceMicroEurPerKwh, divisible, minQuantityW };
}
