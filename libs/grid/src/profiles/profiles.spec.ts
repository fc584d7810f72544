import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clearSkyPvW, sunPosition } from './solar';
import { parseStandardProfiles, standardLoadW } from './standard-load';

const csv = readFileSync(path.resolve(__dirname, '../../data/bdew-1999.csv'), 'utf8');
const rome = { latitudeDegree: 41.9, longitudeDegree: 12.5 };

describe('standard load profiles', () => {
  const profiles = parseStandardProfiles(csv);

  it('hold the published figures', () => {
    const day = { month: 1, dayOfMonth: 15, dayOfYear: 15, dayType: 'weekday' } as const;
    expect(standardLoadW(profiles, 'g0', 1_000, day, 0)).toBeCloseTo(65.52, 6);
    expect(standardLoadW(profiles, 'l0', 2_000, day, 0)).toBeCloseTo(144.8, 6);
  });

  it('give a commercial customer of 1,000 kWh about that much in a year', () => {
    const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let wattHours = 0;
    let dayOfYear = 0;
    monthLengths.forEach((length, index) => {
      for (let dayOfMonth = 1; dayOfMonth <= length; dayOfMonth += 1) {
        dayOfYear += 1;
        const weekday = dayOfYear % 7;
        const dayType = weekday === 0 ? 'sunday' : weekday === 6 ? 'saturday' : 'weekday';
        const day = { month: index + 1, dayOfMonth, dayOfYear, dayType } as const;
        for (let step = 0; step < 96; step += 1) {
          wattHours += standardLoadW(profiles, 'g0', 1_000, day, step) / 4;
        }
      }
    });
    expect(wattHours / 1_000).toBeGreaterThan(980);
    expect(wattHours / 1_000).toBeLessThan(1_020);
  });

  it('refuse a table with a broken line, by its number', () => {
    expect(() => parseStandardProfiles(`${csv.split('\n')[0]}\nwinter,weekday,x,1,2,3`)).toThrow(
      'line 2',
    );
  });
});

describe('solar geometry', () => {
  it('puts the sun over Rome where the almanac does', () => {
    const equinoxNoon = sunPosition(Date.parse('2026-03-20T11:17:00Z'), rome);
    expect(equinoxNoon.elevationRadian / (Math.PI / 180)).toBeCloseTo(48.0, 0);
    expect(equinoxNoon.azimuthRadian / (Math.PI / 180)).toBeCloseTo(180, -1);
    const solstice = sunPosition(Date.parse('2026-06-21T11:12:00Z'), rome);
    expect(solstice.elevationRadian / (Math.PI / 180)).toBeCloseTo(71.5, 0);
  });

  it('gives nothing at night and most around noon', () => {
    const plant = { peakW: 3_000, tiltDegree: 30, azimuthDegree: 180 };
    const watts = (iso: string): number => clearSkyPvW(Date.parse(iso), plant, rome);
    expect(watts('2026-06-21T00:00:00Z')).toBe(0);
    expect(watts('2026-06-21T11:00:00Z')).toBeGreaterThan(2_000);
    expect(watts('2026-06-21T11:00:00Z')).toBeLessThan(3_000);
    expect(watts('2026-06-21T06:00:00Z')).toBeLessThan(watts('2026-06-21T09:00:00Z'));
  });
});
