/** What reported weather changes in a forecast, and what it leaves as it is. */
import { deliveryDay } from '@flexledger/domain';
import type { Weather } from '@flexledger/grid';
import { basis } from '../testing/basis';
import { feederFile, operated } from '@flexledger/grid-operations';
import { customerForecastW, forecastShapes } from './customer-forecast';
import { backgroundW, forecastGrid } from './grid-forecast';

const DAY = '2026-06-17';
const period = deliveryDay(DAY, basis.timeZone);
const HOUR_MS = 3_600_000;
/** From noon on (UTC) it is overcast and a storm rises. */
const overcast: Weather = new Map(
  Array.from({ length: 6 }, (_, hour) => [
    Date.parse('2026-06-17T12:00:00Z') + hour * HOUR_MS,
    { globalIrradianceWPerM2: 90, temperatureC: 15, windSpeedMPerS: [1, 5, 7, 12, 25, 5][hour]! },
  ]),
);
const clear = forecastShapes(DAY, period, basis);
const reported = forecastShapes(DAY, period, basis, overcast);
/** MTUs of the day until 12:00 UTC, which is 14:00 in Rome. */
const BEFORE = 56;

it('where weather is reported PV follows it, elsewhere the sky is clear', () => {
  expect([...reported.pv.slice(0, BEFORE)]).toEqual([...clear.pv.slice(0, BEFORE)]);
  expect([...reported.pv.slice(BEFORE + 24)]).toEqual([...clear.pv.slice(BEFORE + 24)]);
  for (let mtu = BEFORE; mtu < BEFORE + 16; mtu += 1) {
    expect(reported.pv[mtu]!).toBeLessThan(0.3 * clear.pv[mtu]!);
  }
  const customer = { customerKind: 'household', annualEnergyKwh: 3_000, pvPeakW: 5_000 } as const;
  const [sunny, dull] = [clear, reported].map((shapes) => customerForecastW(customer, shapes));
  expect(dull![BEFORE]! - sunny![BEFORE]!).toBeGreaterThan(1_500);
});

it("the grid's own plants follow sun and wind by their type, others give what is published", () => {
  const generator = (id: string, bus: string, type?: string): object => ({
    id,
    bus,
    pMw: 0.01,
    qMvar: 0,
    vmPu: null,
    ...(type === undefined ? {} : { type }),
  });
  const file = feederFile([0, 1, 2, 3].map((parent) => ({ parent, rOhm: 0.01 })));
  const grid = operated({
    ...file,
    staticGenerators: [
      ...[generator('g1', 'n1', 'PV'), generator('g2', 'n2', 'WP')],
      ...[generator('g3', 'n3', 'Biomass_MV'), generator('g4', 'n4')],
    ],
  });
  const peak = Math.max(...backgroundW(clear));
  const { busW } = forecastGrid(grid, [], reported, peak);
  const at = (bus: string, mtu: number): number => 0 - busW[grid.busIndex.get(bus)!]![mtu]!;
  const noon = 40;
  expect(at('n1', 0)).toBeCloseTo(0, 9);
  expect(at('n1', noon)).toBe(Math.round(10_000 * clear.pv[noon]!));
  // Lull, breeze, wind, full power, storm; nothing is known before and after.
  expect([0, 4, 8, 12, 16].map((mtu) => at('n2', BEFORE + mtu))).toEqual([
    0,
    Math.round(10_000 * reported.wind[BEFORE + 4]!),
    Math.round(10_000 * reported.wind[BEFORE + 8]!),
    10_000,
    0,
  ]);
  expect(at('n2', BEFORE + 8)).toBeGreaterThan(at('n2', BEFORE + 4));
  expect([at('n2', 0), at('n3', 0), at('n4', BEFORE)]).toEqual([10_000, 10_000, 10_000]);
});
