/**
 * Probability that a chi-square variable of `degreesOfFreedom` exceeds `value`: the regularised upper
 * incomplete gamma function Q(n/2, x/2) (Abramowitz and Stegun 26.4.19), by its series for small x
 * (6.5.29) and its continued fraction for large x (6.5.31, evaluated by Lentz's method). Without degrees
 * of freedom there is nothing to exceed: 1.
 */
export function chiSquareExceedance(value: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom <= 0 || value <= 0) return 1;
  const a = degreesOfFreedom / 2;
  const x = value / 2;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

/** Probability that a normal variable is further from its mean than `sigmas` standard deviations. */
export const normalExceedance = (sigmas: number): number => chiSquareExceedance(sigmas * sigmas, 1);

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || tiny);
    c = b + an / c || tiny;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < Number.EPSILON) break;
  }
  return fraction;
}

/** Logarithm of the gamma function for a > 0, by Stirling's series (6.1.41) from 12 on. */
function logGamma(a: number): number {
  let shift = 0;
  let x = a;
  for (; x < 12; x++) shift += Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - shift;
}
