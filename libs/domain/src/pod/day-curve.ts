/**
 * Curves over a day: what holds in each quarter-hour of the local clock, whatever day it is (D2.4 table
 * 3: 24 hours by 15 minutes). When the clocks change the wall clock decides: the hour that is left out
 * in spring has no MTU, so its four values are not used; the hour that comes twice in autumn has its four
 * values twice.
 */
import type { LimitByMtu } from '../clearing/instance';

/** Quarter-hours of a curve, from 00:00 to 23:45 of the local clock. */
export const CURVE_QUARTER_HOURS = 96;

/** One number all day, or `CURVE_QUARTER_HOURS` of them. */
export type DayCurve = number | readonly number[];

/**
 * The curve over the MTUs of a period; what holds all day stays one number.
 *
 * @param quarterHours local quarter-hour of each MTU, 0 to 95 (`quarterHoursOf`)
 */
export function curveOver(curve: DayCurve, quarterHours: readonly number[]): LimitByMtu {
  return typeof curve === 'number' ? curve : quarterHours.map((quarter) => curve[quarter]!);
}

/** What holds in one MTU. */
export function limitAt(limit: LimitByMtu, mtu: number): number {
  return typeof limit === 'number' ? limit : limit[mtu]!;
}

/** The largest of a curve. */
export function largestOf(curve: DayCurve): number {
  return typeof curve === 'number' ? curve : curve.reduce((most, one) => Math.max(most, one), 0);
}

/** True when both say the same in each quarter-hour and in the same form. */
export function sameCurve(one: DayCurve, other: DayCurve): boolean {
  if (typeof one === 'number' || typeof other === 'number') return one === other;
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** What is wrong with a curve of powers without a sign; undefined when nothing is. */
export function curveFault(curve: unknown): string | undefined {
  const isPower = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(curve)) {
    return isPower(curve) ? undefined : 'is not a whole number of 0 or more';
  }
  if (curve.length !== CURVE_QUARTER_HOURS) {
    return `has ${curve.length} values; a curve has ${CURVE_QUARTER_HOURS}, one for each quarter-hour of the local clock`;
  }
  const at = curve.findIndex((value) => !isPower(value));
  return at < 0 ? undefined : `has at quarter-hour ${at} no whole number of 0 or more`;
}
