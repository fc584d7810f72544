/** What an hour that was otherwise than forecast changes in the hours that follow. */
import { basis } from '../testing/basis';
import { customerForecastW, forecastShapes } from './customer-forecast';
import { type LastHour, correctionFor } from './last-hour';

const START_MS = Date.parse('2026-03-18T10:00:00Z');
const shapes = forecastShapes('2026-03-18', { startMs: START_MS, mtuCount: 4 }, basis);
const next = { startMs: START_MS + 3_600_000, mtuCount: 16 };
const home = { customerKind: 'household', annualEnergyKwh: 3_000, pvPeakW: 0, podId: 'A' } as const;
const withPv = { ...home, pvPeakW: 4_000, podId: 'B' };
const [loadW, pvW] = [customerForecastW(home, shapes), shapes.pv.map((watts) => watts * 4_000)];

const hour = (measured: Readonly<Record<string, (number | null)[]>>): LastHour => ({
  startMs: START_MS,
  shapes,
  customers: [home, withPv],
  measuredW: new Map(Object.entries(measured)),
  isActivated: () => false,
});
const times = (factor: number, values: ArrayLike<number>): number[] =>
  Array.from(values, (watts) => factor * watts);

it('nothing, where nothing was measured or all came as forecast', () => {
  for (const last of [hour({}), hour({ A: [null, null, null, null] }), hour({ A: loadW })]) {
    const { load, pv } = correctionFor(next, last);
    expect([...load, ...pv].every((factor) => Math.abs(factor - 1) < 0.01)).toBe(true);
  }
});

it('load by as much as those without PV drew more, half as much two hours later', () => {
  const { load } = correctionFor(next, hour({ A: times(1.2, loadW) }));
  // Middle of the first quarter-hour: 7.5 minutes on, a sixteenth of two hours.
  expect(load[0]! - 1).toBeCloseTo(0.2 * 0.5 ** 0.0625, 3);
  expect((load[8]! - 1) / (load[0]! - 1)).toBeCloseTo(0.5, 9);
});

it('PV by as much of the sun as came through, whatever the load did', () => {
  const clouded = loadW.map((watts, mtu) => 1.1 * watts - 0.4 * pvW[mtu]!);
  const { load, pv } = correctionFor(next, hour({ A: times(1.1, loadW), B: clouded }));
  expect(load[0]! - 1).toBeCloseTo(0.1 * 0.5 ** 0.0625, 2);
  expect(1 - pv[0]!).toBeCloseTo(0.6 * 0.5 ** 0.0625, 2);
});

it('no PV after sunset', () => {
  const late = Date.parse('2026-03-18T19:00:00Z');
  const dark = forecastShapes('2026-03-18', { startMs: late, mtuCount: 4 }, basis);
  const last = { ...hour({ B: [0, 0, 0, 0] }), startMs: late, shapes: dark };
  expect([...correctionFor(next, last).pv]).toEqual(new Array(16).fill(1));
});

it('a meter gone wild corrects by a quarter at most', () => {
  const { load } = correctionFor(next, hour({ A: times(100, loadW) }));
  expect(Math.max(...load)).toBeLessThan(1.25);
});

it('what a customer did for the market says nothing', () => {
  const last = hour({ A: times(0.5, loadW) });
  const sold = { ...last, isActivated: (podId: string) => podId === 'A' };
  expect([...correctionFor(next, sold).load]).toEqual(new Array(16).fill(1));
});
