/** The calendar of DESIGN 5, gate by gate, on ordinary days and on those that clocks change. */
import fc from 'fast-check';
import { someDay, someZone } from '../testing/civil-days';
import { someRules } from '../testing/rules';
import { deliveryDay, instantInName, periodEndMs } from '../time/delivery-day';
import { type CalendarEntry, sessionsDelivering } from './calendar';
import type { RulePack } from './rule-pack';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Local wall-clock time in Rome, `16 21:00`. */
function local(epochMs: number): string {
  const parts = new Intl.DateTimeFormat('it-IT', {
    timeZone: 'Europe/Rome',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).format(epochMs);
  return parts.replace(',', '');
}
const times = (entry: CalendarEntry): string[] =>
  [entry.gateOpensMs, entry.gateClosesMs, entry.resultDueMs, entry.setpointsMs].map(local);
const sessions = (day: string): CalendarEntry[] => sessionsDelivering(day, someRules);

describe('the calendar of an ordinary day, in local time', () => {
  const [dayAhead, ...realTime] = sessions('2026-03-17');

  it('has a day-ahead session on the day before', () => {
    expect(times(dayAhead!)).toEqual(['16 11:00', '16 15:30', '16 17:30', '16 23:45']);
    expect(dayAhead).toMatchObject({ kind: 'dayAhead', deliveryDay: '2026-03-17' });
    expect(dayAhead!.period).toEqual(deliveryDay('2026-03-17', 'Europe/Rome'));
  });

  it('has six real-time sessions of 16 MTUs', () => {
    expect(realTime.map(times)).toEqual([
      ['16 21:00', '16 22:00', '16 23:00', '16 23:45'],
      ['17 01:00', '17 02:00', '17 03:00', '17 03:45'],
      ['17 05:00', '17 06:00', '17 07:00', '17 07:45'],
      ['17 09:00', '17 10:00', '17 11:00', '17 11:45'],
      ['17 13:00', '17 14:00', '17 15:00', '17 15:45'],
      ['17 17:00', '17 18:00', '17 19:00', '17 19:45'],
    ]);
    expect(realTime.map(({ period }) => period.mtuCount)).toEqual([16, 16, 16, 16, 16, 16]);
    expect(realTime.every(({ kind }) => kind === 'realTime')).toBe(true);
  });

  it('names sessions by kind and the UTC start of their delivery', () => {
    expect([dayAhead!, realTime[0]!, realTime[5]!].map(({ sessionId }) => sessionId)).toEqual([
      'dayAhead-2026-03-16T23:00Z',
      'realTime-2026-03-16T23:00Z',
      'realTime-2026-03-17T19:00Z',
    ]);
  });
});

describe('the calendar of a day that clocks change', () => {
  it('in spring: 92 MTUs, the first window 12, and the second gate an hour earlier on the clock', () => {
    const [dayAhead, first, second, third] = sessions('2026-03-29');
    expect(times(dayAhead!)).toEqual(['28 11:00', '28 15:30', '28 17:30', '28 23:45']);
    expect(dayAhead!.period.mtuCount).toBe(92);
    expect(first!.period.mtuCount).toBe(12);
    expect(times(first!)).toEqual(['28 21:00', '28 22:00', '28 23:00', '28 23:45']);
    expect(times(second!)).toEqual(['29 00:00', '29 01:00', '29 03:00', '29 03:45']);
    expect(times(third!)).toEqual(['29 05:00', '29 06:00', '29 07:00', '29 07:45']);
  });

  it('in autumn: 100 MTUs, the first window 20, and the second gate an hour later on the clock', () => {
    const [dayAhead, first, second] = sessions('2026-10-25');
    expect(dayAhead!.period.mtuCount).toBe(100);
    expect(first!.period.mtuCount).toBe(20);
    expect(times(second!)).toEqual(['25 02:00', '25 02:00', '25 03:00', '25 03:45']);
    expect(second!.gateClosesMs - second!.gateOpensMs).toBe(HOUR_MS);
  });

  it('on the day after is ordinary again', () => {
    expect(times(sessions('2026-03-30')[0]!)[0]).toBe('29 11:00');
    expect(instantInName(sessions('2026-03-30')[0]!.gateOpensMs)).toBe('2026-03-29T09:00Z');
    expect(instantInName(sessions('2026-10-26')[0]!.gateOpensMs)).toBe('2026-10-25T10:00Z');
  });
});

describe('on any day, anywhere, under any window length', () => {
  const rules: fc.Arbitrary<RulePack> = fc
    .record({ timeZone: someZone, windowHours: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24) })
    .map(({ timeZone, windowHours }) => ({
      ...someRules,
      timeZone,
      calendar: {
        ...someRules.calendar,
        realTime: { ...someRules.calendar.realTime, windowHours },
      },
    }));

  it('real-time windows tile the day, and no two sessions share an id', () => {
    fc.assert(
      fc.property(someDay, rules, (day, pack) => {
        const [dayAhead, ...realTime] = sessionsDelivering(day, pack);
        let nextMs = dayAhead!.period.startMs;
        for (const { period } of realTime) {
          expect(period.startMs).toBe(nextMs);
          expect(period.mtuCount).toBeGreaterThan(0);
          nextMs = periodEndMs(period);
        }
        expect(nextMs).toBe(periodEndMs(dayAhead!.period));
        const ids = [dayAhead!, ...realTime].map(({ sessionId }) => sessionId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('a real-time gate lasts an hour and leaves an hour to the result and another to the window', () => {
    fc.assert(
      fc.property(someDay, rules, (day, pack) => {
        for (const session of sessionsDelivering(day, pack).slice(1)) {
          const { gateOpensMs, gateClosesMs, resultDueMs, setpointsMs, period } = session;
          expect(gateClosesMs - gateOpensMs).toBe(HOUR_MS);
          expect(resultDueMs - gateClosesMs).toBe(HOUR_MS);
          expect(period.startMs - resultDueMs).toBe(HOUR_MS);
          expect(period.startMs - setpointsMs).toBe(15 * MINUTE_MS);
        }
      }),
    );
  });

  it('every gate opens before it closes before the result is due before setpoints leave', () => {
    fc.assert(
      fc.property(someDay, rules, (day, pack) => {
        for (const session of sessionsDelivering(day, pack)) {
          const { gateOpensMs, gateClosesMs, resultDueMs, setpointsMs } = session;
          const order = [gateOpensMs, gateClosesMs, resultDueMs, setpointsMs];
          expect([...order].sort((a, b) => a - b)).toEqual(order);
        }
      }),
    );
  });

  it('day-ahead results are due before the gate of the first real-time session opens', () => {
    fc.assert(
      fc.property(someDay, (day) => {
        const [dayAhead, first] = sessions(day);
        expect(dayAhead!.resultDueMs).toBeLessThan(first!.gateOpensMs);
      }),
    );
  });
});
