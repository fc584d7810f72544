import { instantMs, msFromIso } from './clock';

describe('an instant', () => {
  it.each([
    ['2026-03-17T10:00Z', Date.UTC(2026, 2, 17, 10)],
    ['2026-03-17T10:00:00Z', Date.UTC(2026, 2, 17, 10)],
    ['2026-03-17T10:00:00.250Z', Date.UTC(2026, 2, 17, 10, 0, 0, 250)],
    ['2026-03-17T10:00:00+01:00', Date.UTC(2026, 2, 17, 9)],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-12-31T23:59:59-05:30', Date.UTC(2027, 0, 1, 5, 29, 59)],
  ])('is read from %s', (text, epochMs) => {
    expect(instantMs(text)).toBe(epochMs);
    expect(msFromIso(text)).toBe(epochMs);
  });

  it.each([
    ['a day that there is not', '2026-02-30T10:00:00Z'],
    ['a leap day of no leap year', '2027-02-29T10:00:00Z'],
    ['a day that there is not, with an offset', '2026-04-31T10:00:00+02:00'],
    ['a month that there is not', '2026-13-01T10:00:00Z'],
    ['an hour that there is not', '2026-03-17T24:00:00Z'],
    ['a minute that there is not', '2026-03-17T10:60:00Z'],
    ['no zone', '2026-03-17T10:00:00'],
    ['no time', '2026-03-17'],
    ['another order', '03/04/2026 10:00Z'],
    ['words', '17 March 2026 10:00 UTC'],
    ['a blank about it', ' 2026-03-17T10:00:00Z'],
    ['no letter between', '2026-03-17 10:00:00Z'],
    ['an offset that there is not', '2026-03-17T10:00:00+25:00'],
    ['nothing', ''],
  ])('is not %s', (_, text) => {
    expect(instantMs(text)).toBeUndefined();
    expect(() => msFromIso(text)).toThrow(RangeError);
  });
});
