/** Delivery days and windows: UTC quarters of an hour that keep to the local calendar. */
import fc from 'fast-check';
import { someDay, someZone } from '../testing/civil-days';
import {
  addDays,
  civilDay,
  dayOfWeek,
  dayOfYear,
  deliveryDay,
  deliveryWindow,
  instantInName,
  localQuarterHour,
  localTimeMs,
  mtuHolding,
  mtuIndex,
  mtuStartMs,
  periodEndMs,
  quarterHoursOf,
} from './delivery-day';

const ROME = 'Europe/Rome';
const utc = (iso: string): number => Date.parse(iso);

describe('a delivery day in Rome', () => {
  it.each([
    ['2026-03-17', '2026-03-16T23:00Z', 96],
    ['2026-03-29', '2026-03-28T23:00Z', 92],
    ['2026-03-30', '2026-03-29T22:00Z', 96],
    ['2026-07-01', '2026-06-30T22:00Z', 96],
    ['2026-10-25', '2026-10-24T22:00Z', 100],
    ['2026-10-26', '2026-10-25T23:00Z', 96],
  ])('%s starts at %s and has %i MTUs', (day, start, mtuCount) => {
    expect(deliveryDay(day, ROME)).toEqual({ startMs: utc(start), mtuCount });
  });

  it.each([
    ['2026-02-30', ROME],
    ['17 March', ROME],
    ['2026-03-17', 'Europe/Atlantis'],
  ])('does not exist for %s in %s', (day, timeZone) => {
    expect(() => deliveryDay(day, timeZone)).toThrow(RangeError);
  });
});

describe('windows of 4 hours in Rome', () => {
  const counts = (day: string): number[] =>
    [0, 1, 2, 3, 4, 5].map((k) => deliveryWindow(day, k, 4, ROME).mtuCount);

  it('have 16 MTUs, 12 where an hour is missing and 20 where one comes twice', () => {
    expect(counts('2026-03-17')).toEqual([16, 16, 16, 16, 16, 16]);
    expect(counts('2026-03-29')).toEqual([12, 16, 16, 16, 16, 16]);
    expect(counts('2026-10-25')).toEqual([20, 16, 16, 16, 16, 16]);
  });

  it('keep their local boundaries when clocks change', () => {
    const starts = (day: string): string[] =>
      [0, 1, 5].map((k) => instantInName(deliveryWindow(day, k, 4, ROME).startMs));
    expect(starts('2026-03-29')).toEqual([
      '2026-03-28T23:00Z',
      '2026-03-29T02:00Z',
      '2026-03-29T18:00Z',
    ]);
    expect(starts('2026-10-25')).toEqual([
      '2026-10-24T22:00Z',
      '2026-10-25T03:00Z',
      '2026-10-25T19:00Z',
    ]);
  });
});

describe('anywhere and on any day', () => {
  const someHours = fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24);

  it('windows tile the day', () => {
    fc.assert(
      fc.property(someDay, someZone, someHours, (day, zone, hours) => {
        const { startMs, mtuCount } = deliveryDay(day, zone);
        const windows = Array.from({ length: 24 / hours }, (_, k) =>
          deliveryWindow(day, k, hours, zone),
        );
        let nextMs = startMs;
        for (const window of windows) {
          expect(window.startMs).toBe(nextMs);
          nextMs = periodEndMs(window);
        }
        expect(nextMs).toBe(startMs + mtuCount * 900_000);
      }),
    );
  });

  it('days tile time, and each instant lies in the day that holds it', () => {
    fc.assert(
      fc.property(someDay, someZone, fc.nat(99), (day, zone, mtu) => {
        const period = deliveryDay(day, zone);
        expect(periodEndMs(period)).toBe(deliveryDay(addDays(day, 1), zone).startMs);
        fc.pre(mtu < period.mtuCount);
        expect(civilDay(mtuStartMs(period, mtu), zone)).toBe(day);
      }),
    );
  });

  it('MTUs are counted from the start of the period and nowhere else', () => {
    fc.assert(
      fc.property(someDay, someZone, fc.nat(99), fc.nat(899_999), (day, zone, index, intoMs) => {
        const period = deliveryDay(day, zone);
        fc.pre(index < period.mtuCount);
        const startMs = mtuStartMs(period, index);
        expect(mtuIndex(period, startMs)).toBe(index);
        expect(mtuHolding(startMs + intoMs)).toBe(startMs);
        expect(mtuIndex(period, startMs + 1)).toBe(-1);
      }),
    );
    const period = deliveryDay('2026-03-17', ROME);
    expect(mtuIndex(period, period.startMs - 900_000)).toBe(-1);
    expect(mtuIndex(period, periodEndMs(period))).toBe(-1);
  });
});

describe('the local clock', () => {
  it('reads the same quarter twice in autumn and leaps over four in spring', () => {
    const quarters = (day: string): number[] => {
      const period = deliveryDay(day, ROME);
      return [7, 8, 11, 12, 16].map((mtu) => localQuarterHour(mtuStartMs(period, mtu), ROME));
    };
    expect(quarters('2026-03-17')).toEqual([7, 8, 11, 12, 16]);
    expect(quarters('2026-03-29')).toEqual([7, 12, 15, 16, 20]);
    expect(quarters('2026-10-25')).toEqual([7, 8, 11, 8, 12]);
  });

  it('gives the instant of a local time on another day', () => {
    expect(localTimeMs('2026-03-29', -1, '11:00', ROME)).toBe(utc('2026-03-28T10:00Z'));
    expect(localTimeMs('2026-03-30', -1, '11:00', ROME)).toBe(utc('2026-03-29T09:00Z'));
  });

  it('counts days of week and year', () => {
    expect([dayOfWeek('2026-03-16'), dayOfWeek('2026-03-22')]).toEqual([1, 7]);
    expect([dayOfYear('2026-01-01'), dayOfYear('2024-12-31')]).toEqual([1, 366]);
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  });
});

it('the quarter-hours of a day are those of each of its MTUs by the clock, in any zone and season', () => {
  fc.assert(
    fc.property(someDay, someZone, (day, zone) => {
      const period = deliveryDay(day, zone);
      const each = Array.from({ length: period.mtuCount }, (_, mtu) =>
        localQuarterHour(mtuStartMs(period, mtu), zone),
      );
      expect(quarterHoursOf(period, zone)).toEqual(each);
    }),
    { numRuns: 100 },
  );
});

it.each(['2026-03-29', '2026-10-25'])('nor do they differ on %s, when clocks are set', (day) => {
  const period = deliveryDay(day, ROME);
  const each = Array.from({ length: period.mtuCount }, (_, mtu) =>
    localQuarterHour(mtuStartMs(period, mtu), ROME),
  );
  expect(quarterHoursOf(period, ROME)).toEqual(each);
});
