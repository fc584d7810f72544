/** A curve goes by the wall clock, also on the two days on which the clocks change. */
import { deliveryDay, quarterHoursOf } from '../time/delivery-day';
import { curveFault, curveOver, largestOf, sameCurve } from './day-curve';

const ROME = 'Europe/Rome';
/** Says its own quarter-hour. */
const clock = Array.from({ length: 96 }, (_, quarter) => quarter);
const over = (day: string) => curveOver(clock, quarterHoursOf(deliveryDay(day, ROME), ROME));

describe('a curve over the MTUs of a period', () => {
  it('has a value for each MTU of an ordinary day', () => {
    expect(over('2026-03-17')).toEqual(clock);
  });

  it('leaves out the hour that the clocks leave out', () => {
    expect(over('2026-03-29')).toEqual([...clock.slice(0, 8), ...clock.slice(12)]);
  });

  it('has the hour twice that comes twice', () => {
    expect(over('2026-10-25')).toEqual([...clock.slice(0, 12), ...clock.slice(8)]);
  });

  it('begins where the period does', () => {
    const { startMs } = deliveryDay('2026-03-17', ROME);
    const noon = { startMs: startMs + 12 * 3_600_000, mtuCount: 4 };
    expect(curveOver(clock, quarterHoursOf(noon, ROME))).toEqual([48, 49, 50, 51]);
  });

  it('stays one number where one holds all day', () => {
    expect(curveOver(7, [0, 1])).toBe(7);
  });
});

it('is the same only in the same form', () => {
  const flat = clock.map(() => 5);
  expect([sameCurve(5, 5), sameCurve(flat, [...flat]), sameCurve(flat, flat.with(3, 4))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(sameCurve(5, flat)).toBe(false);
  expect([largestOf(5), largestOf(clock)]).toEqual([5, 95]);
});

it.each<[unknown, string]>([
  [-1, 'is not a whole number'],
  ['many', 'is not a whole number'],
  [null, 'is not a whole number'],
  [clock.slice(1), 'has 95 values'],
  [clock.with(4, 0.5), 'has at quarter-hour 4 no whole'],
  [clock.with(95, -1), 'has at quarter-hour 95 no whole'],
])('%j is no curve', (curve, fault) => {
  expect(curveFault(curve)).toContain(fault);
});
