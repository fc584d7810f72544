/** Sun and wind: files as they stand, plants as the formulas and common sense have them. */
import fc from 'fast-check';
import { clearSkyGlobalWPerM2, clearSkyPvW } from './solar';
import { type WeatherHour, weatherPvW, windPowerShare } from './weather';

const ROME = { latitudeDegree: 41.9, longitudeDegree: 12.5 };
const plant = { peakW: 1_000, tiltDegree: 30, azimuthDegree: 180 };
const NOON = Date.parse('2026-06-21T11:00:00Z');
const weather = (change: Partial<WeatherHour> = {}): WeatherHour => ({
  globalIrradianceWPerM2: 800,
  temperatureC: 25,
  windSpeedMPerS: 2,
  ...change,
});

describe('a PV plant', () => {
  it('gives about what PVWatts has it give at 800 W/m2', () => {
    // Little turned at noon in June: 800 W/m2 on the modules, cells at 25 + 25 degrees.
    const watts = weatherPvW(NOON, { ...plant, tiltDegree: 0 }, ROME, weather());
    const hourly = 800 * (clearSkyGlobalWPerM2(NOON, ROME) / meanClear(NOON));
    const warmth = 1 - 0.0047 * ((25 / 800) * hourly);
    expect(watts).toBeCloseTo(0.86 * hourly * warmth, 6);
  });

  it('gives less the warmer it is and the darker, nothing at night', () => {
    const at = (hour: Partial<WeatherHour>): number => weatherPvW(NOON, plant, ROME, weather(hour));
    expect(at({ temperatureC: 0 })).toBeGreaterThan(at({ temperatureC: 35 }));
    expect(at({ temperatureC: 0 }) / at({ temperatureC: 40 })).toBeCloseTo(1.22, 1);
    expect(at({ globalIrradianceWPerM2: 100 })).toBeLessThan(at({}) / 6);
    expect(weatherPvW(NOON + 43_200_000, plant, ROME, weather())).toBe(0);
  });

  it('under a clear sky at 25 degrees gives near what the clear-sky model gives', () => {
    for (const hours of [-4, -2, 0, 2, 4]) {
      const at = NOON + hours * 3_600_000 + 450_000;
      const clear = weather({ globalIrradianceWPerM2: meanClear(at), temperatureC: 10 });
      expect(weatherPvW(at, plant, ROME, clear) / clearSkyPvW(at, plant, ROME)).toBeCloseTo(1, 0);
    }
  });

  it('spreads an hour as the sun does: its quarters keep the mean of the irradiance', () => {
    const morning = Date.parse('2026-03-17T06:00:00Z');
    const flat = { ...plant, tiltDegree: 0, peakW: 1 };
    const quarters = [0, 1, 2, 3].map((quarter) =>
      weatherPvW(
        morning + (quarter + 0.5) * 900_000,
        flat,
        ROME,
        weather({ globalIrradianceWPerM2: 150, temperatureC: 20 }),
      ),
    );
    expect(quarters[3]!).toBeGreaterThan(1.3 * quarters[0]!);
    const mean = quarters.reduce((sum, watts) => sum + watts, 0) / 4;
    expect(mean / (0.86 * 0.15)).toBeCloseTo(1, 1);
  });
});

describe('a wind turbine', () => {
  const at = (windSpeedMPerS: number): number => windPowerShare({ windSpeedMPerS });

  it('stands in a lull and in a storm, and is at full power between', () => {
    // 2 m/s at 10 m are 2.7 at the hub, 9 are 12.1, 19 are 25.6.
    expect([at(0), at(2), at(9), at(18), at(19), at(40)]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('gives by the cube of the wind', () => {
    const hub = 6 * 8 ** (1 / 7);
    expect(at(6)).toBeCloseTo((hub ** 3 - 27) / (1_728 - 27), 12);
  });

  it('gives between nothing and all, and more with more wind up to its rated speed', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 8.9, noNaN: true }),
        fc.double({ min: 0, max: 120, noNaN: true }),
        (calm, any) => {
          expect(at(calm)).toBeLessThanOrEqual(at(calm + 0.01));
          expect(at(any)).toBeGreaterThanOrEqual(0);
          expect(at(any)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

function meanClear(epochMs: number): number {
  const hour = Math.floor(epochMs / 3_600_000) * 3_600_000;
  const quarters = [0.5, 1.5, 2.5, 3.5].map((at) =>
    clearSkyGlobalWPerM2(hour + at * 900_000, ROME),
  );
  return quarters.reduce((sum, value) => sum + value, 0) / 4;
}
