/** The one rounding of money: half to even, by its laws. */
import fc from 'fast-check';
import { W_MTU_PER_KWH, divideHalfEven, moneyMicroEur, sharePerMille } from './units';

const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 15n });
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

describe('division rounding half to even', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 2n, 0n],
    [-1n, 2n, 0n],
    [3n, 2n, 2n],
    [4n, 3n, 1n],
    [5n, 3n, 2n],
    [-5n, 3n, -2n],
    [0n, 7n, 0n],
  ])('gives %i / %i = %i', (dividend, divisor, quotient) => {
    expect(divideHalfEven(dividend, divisor)).toBe(quotient);
  });

  it('is never further off than half, and even where it is just half', () => {
    fc.assert(
      fc.property(big, positive, (dividend, divisor) => {
        const quotient = divideHalfEven(dividend, divisor);
        const twiceOff = 2n * abs(dividend - quotient * divisor);
        expect(twiceOff <= divisor).toBe(true);
        expect(twiceOff < divisor || quotient % 2n === 0n).toBe(true);
      }),
    );
  });

  it('is exact for multiples, and the same either side of nought', () => {
    fc.assert(
      fc.property(big, positive, (dividend, divisor) => {
        expect(divideHalfEven(dividend * divisor, divisor)).toBe(dividend);
        expect(divideHalfEven(-dividend, divisor)).toBe(-divideHalfEven(dividend, divisor));
      }),
    );
  });

  it.each([0n, -1n])('refuses the divisor %i', (divisor) => {
    expect(() => divideHalfEven(1n, divisor)).toThrow(RangeError);
  });
});

describe('money', () => {
  it('is 1 EUR for 4 kW over a quarter of an hour at 1 EUR per kWh', () => {
    expect(moneyMicroEur(4_000, 1_000_000)).toBe(1_000_000);
  });

  it('is what the division of big integers says, also beyond what a number holds', () => {
    const factor = fc.oneof(
      fc.maxSafeInteger(),
      fc.nat({ max: 1_000_000 }),
      fc.nat({ max: 9_000 }),
    );
    fc.assert(
      fc.property(factor, factor, (wMtu, price) => {
        const exact = divideHalfEven(BigInt(wMtu) * BigInt(price), W_MTU_PER_KWH);
        // Nought has no sign in money.
        expect(Object.is(moneyMicroEur(wMtu, price), Number(exact))).toBe(true);
      }),
    );
    expect(() => moneyMicroEur(0.5, 8_000)).toThrow(RangeError);
  });

  it('rounds half a micro-euro to even', () => {
    expect(moneyMicroEur(1, 2_000)).toBe(0);
    expect(moneyMicroEur(3, 2_000)).toBe(2);
    expect(moneyMicroEur(1, 2_001)).toBe(1);
  });

  it('is exact where floating point is not: 1 GW at 100 EUR per kWh', () => {
    expect(moneyMicroEur(1_000_000_000, 99_999_999)).toBe(24_999_999_750_000);
  });

  it('never falls when quantity or price rise', () => {
    const quantity = fc.nat(1_000_000_000);
    const price = fc.nat(100_000_000);
    fc.assert(
      fc.property(quantity, price, fc.nat(1_000), fc.nat(1_000), (watts, perKwh, more, dearer) => {
        const money = moneyMicroEur(watts, perKwh);
        expect(moneyMicroEur(watts + more, perKwh + dearer)).toBeGreaterThanOrEqual(money);
      }),
    );
  });
});

describe('a share in per mille', () => {
  it('rounds half to even', () => {
    expect([5, 15, 25, -5, -15].map((amount) => sharePerMille(amount, 100))).toEqual([
      0, 2, 2, 0, -2,
    ]);
  });

  it('of all is all, of nothing nothing, and never more than the amount', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 1_000 }), (amount, perMille) => {
        expect(sharePerMille(amount, 1_000)).toBe(amount);
        expect(sharePerMille(amount, 0)).toBe(0);
        expect(sharePerMille(amount, perMille)).toBeLessThanOrEqual(amount);
      }),
    );
  });
});
