/** Goal: tail probabilities equal the tables (Abramowitz and Stegun, tables 26.1 and 26.8). */
import { chiSquareExceedance, normalExceedance } from './chi-square';

describe('the probability that chi-square exceeds', () => {
  it.each([
    [3.841459, 1, 0.05],
    [6.634897, 1, 0.01],
    [5.991465, 2, 0.05],
    [18.307038, 10, 0.05],
    [9.341818, 10, 0.5],
    [2.155856, 10, 0.995],
    [43.772972, 30, 0.05],
    [124.342113, 100, 0.05],
    [70.064895, 100, 0.99],
  ])('%d with %d degrees of freedom is %d', (value, degreesOfFreedom, probability) => {
    expect(chiSquareExceedance(value, degreesOfFreedom)).toBeCloseTo(probability, 6);
  });

  it('half the value of two degrees of freedom decays like exp', () => {
    for (const value of [0.01, 1, 10, 100, 1000]) {
      expect(chiSquareExceedance(value, 2) / Math.exp(-value / 2)).toBeCloseTo(1, 12);
    }
  });

  it('thousands of degrees of freedom lie around their number', () => {
    // Wilson and Hilferty 1931: the cube root is nearly normal.
    const n = 5000;
    const quantile = n * (1 - 2 / (9 * n) + 2.326348 * Math.sqrt(2 / (9 * n))) ** 3;
    expect(chiSquareExceedance(quantile, n)).toBeCloseTo(0.01, 5);
  });

  it('nothing, or something without degrees of freedom, is certain', () => {
    expect([chiSquareExceedance(0, 5), chiSquareExceedance(1e-20, 0)]).toEqual([1, 1]);
  });
});

it.each([
  [1, 0.3173105],
  [1.959964, 0.05],
  [3, 0.0026998],
  [4.055627, 0.00005],
])('a normal variable is beyond %d sigma with probability %d', (sigmas, probability) => {
  expect(normalExceedance(sigmas)).toBeCloseTo(probability, 7);
});
