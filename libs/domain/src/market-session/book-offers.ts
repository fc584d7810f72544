import type { LimitByMtu } from '../clearing/instance';
import type { FlexibilityOffer, RecordedOffer } from './events';

type Single = Extract<FlexibilityOffer, { kind: 'single' }>;
type Block = Extract<FlexibilityOffer, { kind: 'block' }>;

interface BookFields {
  readonly aggregatorId: string;
  readonly pom: string;
  readonly podLimitW: LimitByMtu;
  readonly reliabilityPerMille?: number;
}

/**
 * An offer as an order book holds it. A session carries up to 1.6 M of them, so the quantities and
 * prices of a part stand in one block of 32-bit numbers; those of an offer are a view of it.
 */
export type BookOffer =
  | (Block & BookFields)
  | (Omit<Single, 'quantityW' | 'priceMicroEurPerKwh'> &
      BookFields & {
        /** By MTU of the session. */
        readonly quantityW: Int32Array;
        readonly priceMicroEurPerKwh: Int32Array;
      });

/** The offers of one part of a bid, for the order book. */
export function bookOffers(aggregatorId: string, offers: readonly RecordedOffer[]): BookOffer[] {
  const numbers = offers.reduce(
    (sum, offer) => sum + (offer.kind === 'single' ? 2 * offer.quantityW.length : 0),
    0,
  );
  const block = new Int32Array(numbers);
  let next = 0;
  const view = (values: readonly number[]): Int32Array => {
    const from = next;
    next += values.length;
    block.set(values, from);
    return block.subarray(from, next);
  };
  return offers.map((offer): BookOffer => {
    if (offer.kind === 'block') return { ...offer, aggregatorId };
    const quantityW = view(offer.quantityW);
    return {
      ...offer,
      aggregatorId,
      quantityW,
      priceMicroEurPerKwh: view(offer.priceMicroEurPerKwh),
    };
  });
}

/** The offer as its bid's event recorded it. */
export function recordedOffer({ aggregatorId: _, ...offer }: BookOffer): RecordedOffer {
  if (offer.kind === 'block') return offer;
  return {
    ...offer,
    quantityW: [...offer.quantityW],
    priceMicroEurPerKwh: [...offer.priceMicroEurPerKwh],
  };
}
