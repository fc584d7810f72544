/** An aggregator offers what its customers can move, never more than they declared or draw. */
import fc from 'fast-check';
import type { PortfolioPod } from '../portfolio/portfolio';
import { buildOffers } from './build-offers';

const policy = { marginPerMille: 100, dayAheadSharePerMille: 700 };

function pod(change: Partial<PortfolioPod> = {}): PortfolioPod {
  return {
    podId: 'IT002E60000001',
    flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
    costMicroEurPerKwh: 100_000,
    feedInW: 0,
    baselineW: [0, 500, 2_000, 2_000],
    ...change,
  };
}

describe('buildOffers', () => {
  it('offers up what a PoD draws, at most what it declares, at cost and margin', () => {
    const [offer] = buildOffers([pod()], 0, 4, 1_000, policy);
    expect(offer).toMatchObject({
      kind: 'single',
      direction: 'up',
      quantityW: [0, 500, 1_000, 1_000],
      priceMicroEurPerKwh: [110_000, 110_000, 110_000, 110_000],
    });
  });

  it('counts a battery as power that can be fed in', () => {
    const [offer] = buildOffers([pod({ feedInW: 300 })], 0, 4, 1_000, policy);
    expect(offer).toMatchObject({ quantityW: [300, 800, 1_000, 1_000] });
  });

  it('offers down where more of that is declared', () => {
    const flexibility = { upW: 100, downW: 600, upVar: 0, downVar: 0 };
    const [offer] = buildOffers([pod({ flexibility })], 0, 4, 1_000, policy);
    expect(offer).toMatchObject({ direction: 'down', quantityW: [600, 600, 600, 600] });
  });

  it('keeps a share for real time, and reads the baseline of the session’s own MTUs', () => {
    const [offer] = buildOffers([pod()], 2, 2, 700, policy);
    expect(offer).toMatchObject({ quantityW: [700, 700] });
  });

  it('leaves out a PoD that can give nothing', () => {
    expect(buildOffers([pod({ baselineW: [0, 0, 0, 0] })], 0, 4, 1_000, policy)).toEqual([]);
  });

  it('spreads fixed costs over what it offers in each MTU', () => {
    const [offer] = buildOffers([pod({ fixedCostMicroEurPerMtu: 5_000 })], 0, 4, 1_000, policy);
    // 5,000 micro-euro over 125 Wh are 40,000 a kWh, over 250 Wh 20,000; nothing offered costs nothing.
    expect(offer).toMatchObject({ priceMicroEurPerKwh: [110_000, 154_000, 132_000, 132_000] });
  });

  it('never offers more than declared, in whole tens of watts', () => {
    const watts = fc.integer({ min: -5_000, max: 20_000 });
    fc.assert(
      fc.property(
        fc.array(watts, { minLength: 4, maxLength: 4 }),
        fc.nat(10_000),
        fc.nat(10_000),
        fc.nat(1_000),
        (baselineW, upW, downW, share) => {
          const flexibility = { upW, downW, upVar: 0, downVar: 0 };
          const offers = buildOffers([pod({ baselineW, flexibility })], 0, 4, share, policy);
          for (const offer of offers) {
            const declared = offer.direction === 'up' ? upW : downW;
            const quantities = offer.kind === 'single' ? offer.quantityW : [offer.quantityW];
            for (const quantityW of quantities) {
              expect(quantityW).toBeGreaterThanOrEqual(0);
              expect(quantityW).toBeLessThanOrEqual(declared);
              expect(quantityW % 10).toBe(0);
            }
          }
        },
      ),
    );
  });
});
