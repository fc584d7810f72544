/**
 * Means of ratios in whole hundredths of a percent (basis points), exact and the same everywhere. A
 * mean is kept as a sum and a count, so that sessions add up to days and days to the whole.
 */
import { divideHalfEven } from '../units/units';

/** 100 %. */
export const WHOLE_BASIS_POINTS = 10_000;

export interface RatioMean {
  /** Of the ratios of all periods, basis points. */
  readonly sumBasisPoints: number;
  /** Periods with a ratio: those where it would be a division by zero have none. */
  readonly periods: number;
}

export const NO_RATIO: RatioMean = { sumBasisPoints: 0, periods: 0 };

/** A ratio of whole numbers in basis points, half to even; undefined where the divisor is 0. */
export function basisPoints(dividend: number, divisor: number): number | undefined {
  if (divisor === 0) return undefined;
  const sign = divisor < 0 ? -1n : 1n;
  const scaled = BigInt(dividend) * BigInt(WHOLE_BASIS_POINTS) * sign;
  return Number(divideHalfEven(scaled, BigInt(divisor) * sign));
}

/** Adds one period's ratio, if it has one. */
export function withPeriod(mean: RatioMean, ratio: number | undefined): RatioMean {
  if (ratio === undefined) return mean;
  return { sumBasisPoints: mean.sumBasisPoints + ratio, periods: mean.periods + 1 };
}

/** The mean over the periods of both. */
export function addMeans(one: RatioMean, other: RatioMean): RatioMean {
  return {
    sumBasisPoints: one.sumBasisPoints + other.sumBasisPoints,
    periods: one.periods + other.periods,
  };
}

/** The mean in basis points; null where no period had a ratio. */
export function meanOf({ sumBasisPoints, periods }: RatioMean): number | null {
  return periods === 0 ? null : Number(divideHalfEven(BigInt(sumBasisPoints), BigInt(periods)));
}
