/** Offered beside accepted, offer by offer and service by service. */
import type { FlexibilityOffer, OutcomeRow } from '@flexledger/domain';
import { reportSession } from './offered-accepted';

const single: FlexibilityOffer = {
  kind: 'single',
  offerId: 'B-P-up',
  podId: 'B',
  product: 'P',
  direction: 'up',
  quantityW: [400, 0, 800, 800],
  priceMicroEurPerKwh: [1, 1, 1, 1],
  divisible: true,
  minQuantityW: 0,
};
const block: FlexibilityOffer = {
  kind: 'block',
  offerId: 'A-P-up',
  podId: 'A',
  product: 'P',
  direction: 'up',
  quantityW: 1_000,
  priceMicroEurPerKwh: 1,
  durationMtus: 2,
  window: [0, 3],
};
const down: FlexibilityOffer = { ...block, offerId: 'C-P-down', podId: 'C', direction: 'down' };
const row = (offerId: string, firstMtu: number, acceptedW: number[]): OutcomeRow => ({
  offerId,
  requestId: 'R',
  podId: 'X',
  aggregatorId: 'AGG1',
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu,
  acceptedW,
  priceMicroEurPerKwh: acceptedW.map(() => 200_000),
});

it('adds up the rows of each offer, those of several requests too', () => {
  const rows = [
    row('B-P-up', 2, [300]),
    row('B-P-up', 0, [400, 0, 100]),
    row('A-P-up', 1, [1_000, 1_000]),
  ];
  const { services, offers } = reportSession([single, block, down], rows, 4);
  expect(offers).toMatchObject([
    {
      offerId: 'A-P-up',
      kind: 'block',
      offeredWMtu: 2_000,
      acceptedWMtu: 2_000,
      // 500 Wh at 0.20 EUR/kWh
      acceptedMicroEur: 100_000,
      acceptedW: [0, 1_000, 1_000, 0],
    },
    {
      offerId: 'B-P-up',
      kind: 'single',
      offeredWMtu: 2_000,
      acceptedWMtu: 800,
      acceptedMicroEur: 40_000,
      acceptedW: [400, 0, 400, 0],
    },
    { offerId: 'C-P-down', offeredWMtu: 2_000, acceptedWMtu: 0, acceptedMicroEur: 0 },
  ]);
  expect(services).toEqual([
    {
      product: 'P',
      direction: 'up',
      offers: 2,
      acceptedOffers: 2,
      offeredWMtu: 4_000,
      acceptedWMtu: 2_800,
      acceptedMicroEur: 140_000,
    },
    {
      product: 'P',
      direction: 'down',
      offers: 1,
      acceptedOffers: 0,
      offeredWMtu: 2_000,
      acceptedWMtu: 0,
      acceptedMicroEur: 0,
    },
  ]);
});

it('of nothing is nothing', () => {
  expect(reportSession([], [], 4)).toEqual({ services: [], offers: [] });
});
