/** Which days are compared, in the terms of a pack: kinds of days, holidays, how far back. */
import { someRules } from '../testing/rules';
import { addDays } from '../time/delivery-day';
import { createDayCalendar, dayKind, historyDays } from './like-days';

const rules = {
  ...someRules.baseline,
  method: 'meanXOfY' as const,
  daysX: 2,
  daysY: 3,
  holidays: ['01-06', '2026-04-06'],
};
const calendarOf = (change: Partial<typeof rules> & { readonly lookBackDays?: number } = {}) =>
  createDayCalendar({ timeZone: 'Europe/Rome', baseline: { ...rules, ...change } });

describe('the kind of a day', () => {
  it.each([
    ['2026-03-17', 'working'],
    ['2026-03-21', 'saturday'],
    ['2026-03-22', 'sunday'],
    ['2026-01-06', 'sunday'],
    ['2027-01-06', 'sunday'],
    ['2026-04-06', 'sunday'],
    ['2027-04-06', 'working'],
  ])('%s is %s', (day, kind) => {
    expect(dayKind(day, rules)).toBe(kind);
  });
});

describe('like days', () => {
  it('are the working days before a working day, the latest first', () => {
    const days = calendarOf().likeDaysBefore('2026-03-17');
    expect(days.slice(0, 3)).toEqual(['2026-03-16', '2026-03-13', '2026-03-12']);
  });

  it('are the Saturdays before a Saturday, a week back for each of the Y days', () => {
    expect(calendarOf().likeDaysBefore('2026-03-21')).toEqual([
      '2026-03-14',
      '2026-03-07',
      '2026-02-28',
    ]);
  });

  it('of a Sunday are Sundays and holidays, and no working day has a holiday among its own', () => {
    expect(calendarOf().likeDaysBefore('2026-04-12')).toEqual([
      '2026-04-06',
      '2026-04-05',
      '2026-03-29',
      '2026-03-22',
    ]);
    expect(calendarOf().likeDaysBefore('2026-04-07')[0]).toBe('2026-04-03');
  });

  it('are looked for as far back as the pack says', () => {
    const back = calendarOf({ lookBackDays: 4 }).likeDaysBefore('2026-03-17');
    expect(back).toEqual(['2026-03-16', '2026-03-13']);
  });
});

describe('the clock on each day', () => {
  it('is one quarter-hour after another, but for the hour that is leapt over or comes twice', () => {
    const { quarterHoursOf } = calendarOf();
    expect(quarterHoursOf('2026-03-17')).toEqual(Array.from({ length: 96 }, (_, mtu) => mtu));
    expect(quarterHoursOf('2026-03-29').slice(6, 10)).toEqual([6, 7, 12, 13]);
    expect(quarterHoursOf('2026-10-25').slice(10, 18)).toEqual([10, 11, 8, 9, 10, 11, 12, 13]);
  });
});

describe('the days a baseline needs', () => {
  const day = '2026-03-17';

  it('are none where nothing is measured for it', () => {
    expect(historyDays(day, { ...rules, method: 'nominated' })).toEqual([]);
    expect(historyDays(day, { ...rules, method: 'zero' })).toEqual([]);
  });

  it('are the day and the one before where the meter before activation is held', () => {
    expect(historyDays(day, { ...rules, method: 'meterBefore' })).toEqual(['2026-03-16', day]);
  });

  it('are the last Y like days for a mean', () => {
    expect(historyDays(day, rules)).toEqual(['2026-03-12', '2026-03-13', '2026-03-16']);
  });

  it('are more where activation days may have to be left out', () => {
    const days = historyDays(day, { ...rules, excludeActivationDays: true });
    expect(days).toHaveLength(15);
    expect(days[0]).toBe('2026-02-24');
  });

  it('are also those of the day before where a mean is shifted by what went before', () => {
    const days = historyDays('2026-03-16', { ...rules, adjustmentMinutes: 120 });
    expect(days).toContain('2026-03-16');
    // The day before is a Sunday, compared with three Sundays.
    const sundays = ['2026-02-22', '2026-03-01', '2026-03-08'];
    expect(days).toEqual(expect.arrayContaining([...sundays, addDays('2026-03-16', -1)]));
  });
});
