/** An offer that stands, as somebody would rather have it. */
import type { Schemas } from '@flexledger/api-client';
import type { Offer } from './session-rows';

type Sent = Schemas['BidDto']['offers'][number];

/** As it was sent. */
export function asSent(offer: Offer): Sent {
  const { offerId, podId, product, direction } = offer;
  const same = { offerId, podId, product, direction };
  if (offer.kind === 'block') {
    const { kind, quantityW, priceMicroEurPerKwh, durationMtus, window } = offer;
    return { ...same, kind, quantityW, priceMicroEurPerKwh, durationMtus, window: [...window] };
  }
  const { kind, divisible, minQuantityW } = offer;
  return {
    ...same,
    kind,
    divisible,
    minQuantityW,
    quantityW: [...offer.quantityW],
    priceMicroEurPerKwh: [...offer.priceMicroEurPerKwh],
  };
}

/**
 * Of its power so many per cent, and by so much dearer, in every quarter-hour; under the same id, so that it
 * takes the place of what stands. A least quantity is not above what is left.
 */
export function changedOffer(
  offer: Offer,
  { percent, dearerCents }: { readonly percent: number; readonly dearerCents: number },
): Sent {
  const watts = (value: number): number => Math.round((value * percent) / 100);
  const price = (value: number): number => value + Math.round(dearerCents * 10_000);
  const sent = asSent(offer);
  if (offer.kind === 'block') {
    const { quantityW, priceMicroEurPerKwh } = offer;
    return {
      ...sent,
      quantityW: watts(quantityW),
      priceMicroEurPerKwh: price(priceMicroEurPerKwh),
    };
  }
  const quantityW = offer.quantityW.map(watts);
  return {
    ...sent,
    quantityW,
    // Nothing is asked for what is not offered.
    priceMicroEurPerKwh: offer.priceMicroEurPerKwh.map((value, mtu) =>
      quantityW[mtu] === 0 ? value : price(value),
    ),
    minQuantityW: Math.min(offer.minQuantityW, Math.max(0, ...quantityW)),
  };
}
