/** An aggregator offers what its customers can move, never more than they declared or draw. */
import fc from 'fast-check';
import type { PortfolioPod } from '../portfolio/portfolio';
import { buildOffers } from './build-offers';
import type { OfferSession } from './offerable';

const terms = { marginPerMille: 100, sharePerMille: 1_000 };
const session: OfferSession = { firstMtu: 0, mtuCount: 4, windowStarts: [0], leadMinutes: 15 };

function pod(change: Partial<PortfolioPod> = {}): PortfolioPod {
  return {
    podId: 'IT002E60000001',
    flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
    costMicroEurPerKwh: 100_000,
    feedInW: 0,
    automaticOffers: true,
    baselineW: [0, 500, 2_000, 2_000],
    ...change,
  };
}

describe('buildOffers', () => {
  it('offers up what a PoD draws, at most what it declares, at cost and margin', () => {
    const [offer] = buildOffers([pod()], session, terms);
    expect(offer).toMatchObject({
      kind: 'single',
      direction: 'up',
      quantityW: [0, 500, 1_000, 1_000],
      priceMicroEurPerKwh: [110_000, 110_000, 110_000, 110_000],
    });
  });

  describe('of reactive power', () => {
    const inverter = pod({
      flexibility: { upW: 0, downW: 0, upVar: 405, downVar: 400 },
      reactiveMicroEurPerKvarh: 10_000,
      baselineVar: [0, 100, 200, 200],
    });

    it('what the inverter declares, whatever is drawn, at its own cost and margin', () => {
      expect(buildOffers([inverter], session, terms)).toEqual([
        {
          offerId: 'IT002E60000001-Q-up',
          podId: 'IT002E60000001',
          product: 'Q',
          direction: 'up',
          kind: 'single',
          quantityW: [400, 400, 400, 400],
          priceMicroEurPerKwh: [11_000, 11_000, 11_000, 11_000],
          divisible: true,
          minQuantityW: 0,
        },
      ]);
    });

    it('less what is sold of it', () => {
      const soldVar = new Map([[inverter.podId, [null, -100, -405, null]]]);
      const [offer] = buildOffers([inverter], session, terms, new Map(), soldVar);
      expect(offer).toMatchObject({ product: 'Q', quantityW: [400, 300, 0, 400] });
    });

    it.each<[string, PortfolioPod, OfferSession]>([
      [
        'its cost is not declared',
        pod({ ...inverter, reactiveMicroEurPerKvarh: undefined as never }),
        session,
      ],
      ['it has no baseline', pod({ ...inverter, baselineVar: undefined as never }), session],
      ['the session trades none', inverter, { ...session, products: ['P'] }],
    ])('none where %s', (_, one, into) => {
      expect(buildOffers([one], into, terms)).toEqual([]);
    });
  });

  it('counts a battery as power that can be fed in', () => {
    const [offer] = buildOffers([pod({ feedInW: 300 })], session, terms);
    expect(offer).toMatchObject({ quantityW: [300, 800, 1_000, 1_000] });
  });

  it('offers down where more of that is declared', () => {
    const flexibility = { upW: 100, downW: 600, upVar: 0, downVar: 0 };
    const [offer] = buildOffers([pod({ flexibility })], session, terms);
    expect(offer).toMatchObject({ direction: 'down', quantityW: [600, 600, 600, 600] });
  });

  it('keeps a share for real time, and reads the baseline of the session’s own MTUs', () => {
    const [offer] = buildOffers(
      [pod()],
      { ...session, firstMtu: 2, mtuCount: 2 },
      { ...terms, sharePerMille: 700 },
    );
    expect(offer).toMatchObject({ quantityW: [700, 700] });
  });

  it('leaves out a PoD that can give nothing', () => {
    expect(buildOffers([pod({ baselineW: [0, 0, 0, 0] })], session, terms)).toEqual([]);
  });

  it('spreads fixed costs over what it offers in each MTU', () => {
    const [offer] = buildOffers([pod({ fixedCostMicroEurPerMtu: 5_000 })], session, terms);
    // 5,000 micro-euro over 125 Wh are 40,000 a kWh, over 250 Wh 20,000; nothing offered costs nothing.
    expect(offer).toMatchObject({ priceMicroEurPerKwh: [110_000, 154_000, 132_000, 132_000] });
  });

  describe('of a plant with limits', () => {
    const limits = { responseMinutes: 0, startUpMinutes: 0, rampWPerMinute: null, energyWh: null };

    it('offers a battery as a block that carries no more than its energy', () => {
      // 600 Wh are 2,400 W·MTU: two MTUs of the 1,000 W there are in the last two.
      const battery = pod({ limits: { ...limits, energyWh: 600 } });
      expect(buildOffers([battery], session, terms)).toEqual([
        {
          kind: 'block',
          offerId: 'IT002E60000001-P-up',
          podId: 'IT002E60000001',
          product: 'P',
          direction: 'up',
          quantityW: 1_000,
          durationMtus: 2,
          window: [2, 3],
          priceMicroEurPerKwh: 110_000,
        },
      ]);
    });

    it('leaves out what is sold, and the energy of it', () => {
      const sold = new Map([['IT002E60000001', [null, null, -400, null]]]);
      const [single] = buildOffers([pod()], session, terms, sold);
      expect(single).toMatchObject({ quantityW: [0, 500, 600, 1_000] });
      const battery = pod({ limits: { ...limits, energyWh: 150 } });
      // 600 less 400 W·MTU are left.
      expect(buildOffers([battery], session, terms, sold)).toMatchObject([
        { kind: 'block', quantityW: 200, durationMtus: 1 },
      ]);
    });

    it('goes no further than its ramp, and begins no sooner than it is ready', () => {
      const slow = pod({ limits: { ...limits, rampWPerMinute: 40, startUpMinutes: 40 } });
      // Set points come 15 minutes before the first MTU: it is ready in the third.
      expect(buildOffers([slow], session, terms)).toMatchObject([{ quantityW: [0, 0, 600, 600] }]);
    });
  });

  it('offers a PoD that declares by the clock what it declares in each MTU', () => {
    const upW = [0, 305, 1_000, 40];
    const flexibility = { upW, downW: 100, upVar: 0, downVar: 0 };
    const [built] = buildOffers(
      [pod({ flexibility, baselineW: upW.map(() => 5_000) })],
      session,
      terms,
    );
    expect(built).toMatchObject({ direction: 'up', quantityW: [0, 300, 1_000, 40] });
    const down = { ...flexibility, downW: [0, 0, 900, 900] };
    expect(buildOffers([pod({ flexibility: down })], session, terms)[0]).toMatchObject({
      direction: 'down',
      quantityW: [0, 0, 900, 900],
    });
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
          const offers = buildOffers([pod({ baselineW, flexibility })], session, {
            ...terms,
            sharePerMille: share,
          });
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
