/**
 * Integers of the domain and the one rounding rule. Power is W (var), energy Wh, price micro-euro
 * per kWh, money micro-euro. A quantity offered for one market time unit of a quarter of an hour is
 * kept as W·MTU (W during one MTU, a quarter of a Wh), so that no division happens before money.
 */

/** Market time units in an hour. */
export const MTUS_PER_HOUR = 4;

/** W·MTU times micro-euro per kWh, to micro-euro: 1 kWh is 4,000 W·MTU. */
export const W_MTU_PER_KWH = 4_000n;
const W_MTU_PER_KWH_NUMBER = Number(W_MTU_PER_KWH);

/** P (active, W) or Q (reactive, var). */
export type Product = 'P' | 'Q';
export const PRODUCTS: readonly Product[] = ['P', 'Q'];

/** How a product's power is called: at the end of a field's name (`upW`, `upVar`), and as a column. */
export const PRODUCT_NAMES = {
  P: { unit: 'W', column: 'w' },
  Q: { unit: 'Var', column: 'var' },
} as const satisfies Record<Product, object>;

/** `up`: more generation or less demand, P falls below the baseline; `down`: the contrary. */
export type Direction = 'up' | 'down';

/** The field that limits a product in a direction: `upW`, `downW`, `upVar` or `downVar`. */
export function limitField<P extends Product, D extends Direction>(
  product: P,
  direction: D,
): `${D}${(typeof PRODUCT_NAMES)[P]['unit']}` {
  return `${direction}${PRODUCT_NAMES[product].unit}`;
}

/** Who buys. The DSO's needs are served first (DESIGN 8). */
export type Requester = 'DSO' | 'TSO';

/**
 * Integer division rounding half to even, the only rounding of money.
 *
 * @throws RangeError when the divisor is not positive
 */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new RangeError(`divideHalfEven: divisor ${divisor} is not positive`);
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const away = remainder < 0n ? -1n : 1n;
  if (twice > divisor || (twice === divisor && quotient % 2n !== 0n)) return quotient + away;
  return quotient;
}

/**
 * An integer as JSON carries it without loss: a number as far as every reader holds one exactly (RFC 8259,
 * section 6), beyond that its digits as a text.
 */
export function exactInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Money for a quantity held during MTUs: W·MTU x micro-euro per kWh, rounded half-even. */
export function moneyMicroEur(quantityWMtu: number, priceMicroEurPerKwh: number): number {
  const product = quantityWMtu * priceMicroEurPerKwh;
  const isExact = Number.isSafeInteger(quantityWMtu) && Number.isSafeInteger(priceMicroEurPerKwh);
  // Nearly always: a big integer for each row and MTU of a large result takes seconds.
  if (isExact && product >= 0 && product <= Number.MAX_SAFE_INTEGER) {
    return roundedHalfEven(product, W_MTU_PER_KWH_NUMBER);
  }
  return Number(divideHalfEven(BigInt(quantityWMtu) * BigInt(priceMicroEurPerKwh), W_MTU_PER_KWH));
}

/** `divideHalfEven` of numbers that are exact: a dividend from 0, an even divisor. */
function roundedHalfEven(dividend: number, divisor: number): number {
  const remainder = dividend % divisor;
  const quotient = (dividend - remainder) / divisor;
  const half = divisor / 2;
  return remainder > half || (remainder === half && quotient % 2 !== 0) ? quotient + 1 : quotient;
}

/** A share in per mille of an amount, rounded half-even. */
export function sharePerMille(amount: number, perMille: number): number {
  return Number(divideHalfEven(BigInt(amount) * BigInt(perMille), 1_000n));
}
