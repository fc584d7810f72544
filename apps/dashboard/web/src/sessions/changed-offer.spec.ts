import { asSent, changedOffer } from './changed-offer';
import type { Offer } from './session-rows';

const single = {
  offerId: 'o1',
  podId: 'IT002E60000001',
  aggregatorId: 'AGG1',
  product: 'P',
  direction: 'up',
  kind: 'single',
  divisible: true,
  minQuantityW: 600,
  quantityW: [0, 1_000, 800],
  priceMicroEurPerKwh: [0, 120_000, 130_000],
  offeredAt: '2026-03-17T10:00:00.000Z',
} as unknown as Offer;

it('takes the place of what stands, with less power and dearer where anything is offered', () => {
  expect(changedOffer(single, { percent: 50, dearerCents: 1.5 })).toEqual({
    offerId: 'o1',
    podId: 'IT002E60000001',
    product: 'P',
    direction: 'up',
    kind: 'single',
    divisible: true,
    minQuantityW: 500,
    quantityW: [0, 500, 400],
    priceMicroEurPerKwh: [0, 135_000, 145_000],
  });
});

it('is what was sent where nothing is changed, of a block too', () => {
  const block = {
    ...single,
    kind: 'block',
    quantityW: 900,
    priceMicroEurPerKwh: 90_000,
    durationMtus: 4,
    window: [8, 15],
  } as unknown as Offer;
  for (const offer of [single, block]) {
    expect(changedOffer(offer, { percent: 100, dearerCents: 0 })).toEqual(asSent(offer));
  }
  expect(changedOffer(block, { percent: 50, dearerCents: -1 })).toMatchObject({
    quantityW: 450,
    priceMicroEurPerKwh: 80_000,
    window: [8, 15],
  });
});
