import { comingOf, earnedOf } from './earned';

it('a home gave what was delivered, and its share of the pay less its share of the penalty is its own', () => {
  const row = {
    product: 'P' as const,
    deliveredW: [400, 800],
    paidMicroEur: [10_000, 20_000],
    penaltyMicroEur: [0, 1_000],
  };
  const terms = { customerSharePerMille: 700, customerPenaltySharePerMille: 500 };
  expect(earnedOf([row, { ...row, product: 'Q' }], terms)).toEqual({
    deliveredWh: 300,
    earnedMicroEur: 41_000,
  });
  expect(earnedOf([row], undefined)).toEqual({ deliveredWh: 300, earnedMicroEur: 0 });
  expect(earnedOf([], terms)).toEqual({ deliveredWh: 0, earnedMicroEur: 0 });
});

it('what is coming is what was sold and is not over', () => {
  const sold = (firstMtu: number, acceptedW: number[]) => ({
    offerId: 'o',
    requestId: 'r',
    podId: 'p',
    aggregatorId: 'a',
    requester: 'DSO' as const,
    product: 'P' as const,
    direction: 'up' as const,
    firstMtu,
    acceptedW,
    priceMicroEurPerKwh: acceptedW.map(() => 1),
  });
  const sales = [
    {
      sessionId: 's',
      startMs: 0,
      mtuCount: 96,
      rows: [sold(8, [100, 300]), sold(4, [50]), sold(0, [9]), sold(9, [0])],
    },
  ];
  expect(comingOf(sales, 900_000)).toEqual([
    { key: 's/1', fromMs: 3_600_000, untilMs: 4_500_000, direction: 'up', mostW: 50 },
    { key: 's/0', fromMs: 7_200_000, untilMs: 9_000_000, direction: 'up', mostW: 300 },
  ]);
});
