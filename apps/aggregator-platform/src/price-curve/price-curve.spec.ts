/** Costs of single PoDs become one curve for each MTU: cheapest first, nothing lost, nothing twice. */
import fc from 'fast-check';
import { type PortfolioPod, availableW } from '../portfolio/portfolio';
import { priceCurves } from './price-curve';

function pod(podId: string, change: Partial<PortfolioPod> = {}): PortfolioPod {
  return {
    podId,
    flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
    costMicroEurPerKwh: 100_000,
    feedInW: 0,
    automaticOffers: true,
    baselineW: [2_000, 500],
    ...change,
  };
}

it('orders what there is by price and adds it up, in each MTU', () => {
  const cheap = pod('A', { costMicroEurPerKwh: 80_000 });
  const curves = priceCurves([pod('B'), cheap, pod('C', { feedInW: 200 })], 2);
  expect(curves).toEqual([
    {
      mtu: 0,
      direction: 'up',
      steps: [
        { priceMicroEurPerKwh: 80_000, quantityW: 1_000, cumulativeW: 1_000, podIds: ['A'] },
        { priceMicroEurPerKwh: 100_000, quantityW: 2_000, cumulativeW: 3_000, podIds: ['B', 'C'] },
      ],
    },
    {
      mtu: 1,
      direction: 'up',
      steps: [
        { priceMicroEurPerKwh: 80_000, quantityW: 500, cumulativeW: 500, podIds: ['A'] },
        { priceMicroEurPerKwh: 100_000, quantityW: 1_200, cumulativeW: 1_700, podIds: ['B', 'C'] },
      ],
    },
  ]);
});

it('keeps up and down apart', () => {
  const down = pod('D', { flexibility: { upW: 0, downW: 300, upVar: 0, downVar: 0 } });
  const curves = priceCurves([pod('A', { baselineW: [2_000] }), down], 1);
  expect(curves.map(({ direction, steps }) => [direction, steps.at(-1)!.cumulativeW])).toEqual([
    ['up', 1_000],
    ['down', 300],
  ]);
});

it('spreads fixed costs over what an MTU gives, so that little is dear', () => {
  const [much, little] = priceCurves([pod('A', { fixedCostMicroEurPerMtu: 10_000 })], 2);
  expect(much!.steps[0]!.priceMicroEurPerKwh).toBe(140_000);
  expect(little!.steps[0]!.priceMicroEurPerKwh).toBe(180_000);
});

it('has no curve where nothing can be moved', () => {
  expect(priceCurves([pod('A', { baselineW: [0, -300] })], 2)).toEqual([]);
});

it('rises strictly, and holds all that the PoDs have, each once', () => {
  const somePod = fc
    .record({
      cost: fc.integer({ min: 0, max: 5 }),
      fixed: fc.nat(50),
      upW: fc.nat(3_000),
      downW: fc.nat(3_000),
      baselineW: fc.array(fc.integer({ min: -500, max: 2_000 }), { minLength: 2, maxLength: 2 }),
    })
    .map(({ cost, fixed, upW, downW, baselineW }) => ({
      flexibility: { upW, downW, upVar: 0, downVar: 0 },
      costMicroEurPerKwh: cost * 1_000,
      fixedCostMicroEurPerMtu: fixed,
      baselineW,
    }));
  fc.assert(
    fc.property(fc.array(somePod, { maxLength: 8 }), (list) => {
      const pods = list.map((one, index) => pod(`P${index}`, one));
      for (let mtu = 0; mtu < 2; mtu += 1) {
        const steps = priceCurves(pods, 2)
          .filter((curve) => curve.mtu === mtu)
          .flatMap((curve) => {
            const prices = curve.steps.map(({ priceMicroEurPerKwh }) => priceMicroEurPerKwh);
            expect(prices).toEqual([...new Set(prices)].sort((a, b) => a - b));
            return curve.steps;
          });
        const giving = pods.filter((one) => availableW(one, mtu) > 0).map(({ podId }) => podId);
        expect(steps.flatMap(({ podIds }) => podIds).sort()).toEqual(giving.sort());
        const total = steps.reduce((sum, { quantityW }) => sum + quantityW, 0);
        expect(total).toBe(pods.reduce((sum, one) => sum + availableW(one, mtu), 0));
      }
    }),
  );
});
