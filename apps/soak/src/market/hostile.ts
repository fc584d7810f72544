/** What a hostile party sends: bids that no honest aggregator makes, packets that no node signed. */
import type { Bid } from '@flexledger/ports';
import type { FlexibilityOffer, MeasurementPacket } from '@flexledger/domain';

/** What a bid is made from. */
export interface BidGround {
  readonly aggregatorId: string;
  readonly podIds: readonly string[];
  readonly mtuCount: number;
}

const HUGE = 2 ** 52;

type Spoiler = (offer: FlexibilityOffer & { kind: 'single' }, ground: BidGround) => object;

const BID_SPOILERS: readonly Spoiler[] = [
  (offer) => ({ ...offer, podId: 'IT999E99999999' }),
  (offer, { podIds }) => ({ ...offer, podId: podIds.at(-1)! }),
  (offer, { mtuCount }) => ({ ...offer, quantityW: filled(mtuCount, HUGE) }),
  (offer, { mtuCount }) => ({ ...offer, quantityW: filled(mtuCount, -1) }),
  (offer, { mtuCount }) => ({ ...offer, priceMicroEurPerKwh: filled(mtuCount, HUGE) }),
  (offer, { mtuCount }) => ({ ...offer, quantityW: filled(mtuCount + 1, 10) }),
  (offer) => ({ ...offer, quantityW: [] }),
  (offer, { mtuCount }) => ({ ...offer, quantityW: filled(mtuCount, Number.NaN) }),
  (offer) => ({ ...offer, direction: 'sideways' }),
  (offer) => ({ ...offer, offerId: '' }),
  (offer) => ({ ...offer, offerId: '__proto__' }),
  (offer) => ({
    ...offer,
    kind: 'block',
    quantityW: 1,
    durationMtus: 10 ** 9,
    window: [0, 10 ** 9],
  }),
  (offer) => offer,
];

/** A bid of such a party. */
export function hostileBid(variant: number, ground: BidGround): Bid {
  const { aggregatorId, podIds, mtuCount } = ground;
  const honest = {
    kind: 'single',
    offerId: `hostile-${variant}`,
    podId: podIds[variant % podIds.length]!,
    product: 'P',
    direction: 'up',
    quantityW: filled(mtuCount, 10),
    priceMicroEurPerKwh: filled(mtuCount, 1),
    divisible: true,
    minQuantityW: 0,
  } as const;
  const spoiled = BID_SPOILERS[variant % BID_SPOILERS.length]!(honest, ground);
  // Twice the same row, too: an offer under an id that stands takes its place.
  const offers = [spoiled, ...(variant % 3 === 0 ? [spoiled] : [])] as FlexibilityOffer[];
  return { bidId: `hostile-${variant}`, aggregatorId, offers };
}

const filled = (count: number, value: number): number[] => new Array<number>(count).fill(value);

/** A message on a node's measurement topic, made from a packet of it that was sent before. */
export function hostilePacket(variant: number, sent: MeasurementPacket): Buffer {
  const { inputData } = sent;
  const spoilt: readonly object[] = [
    { ...sent, inputData: { ...inputData, withdrawnWh: inputData.withdrawnWh + 1 } },
    { ...sent, inputData: { ...inputData, sequence: inputData.sequence + 1_000 } },
    { ...sent, signedHash: '0'.repeat(128) },
    { ...sent, hash: '0'.repeat(64) },
    { ...sent, publicKey: `04${'1'.repeat(128)}` },
    sent,
    Array.from({ length: 5 }, () => sent),
    { sequence: 1 },
    [],
  ];
  const texts = ['{', '[[[[', 'null', '"', '\u0000'];
  const chosen = variant % (spoilt.length + texts.length);
  const text = spoilt[chosen] ? JSON.stringify(spoilt[chosen]) : texts[chosen - spoilt.length]!;
  return Buffer.from(text);
}
