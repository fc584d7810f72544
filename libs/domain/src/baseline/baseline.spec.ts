/**
 * Baselines by example, method by method, then by law: what is measured like every other day is its
 * own baseline, and what is not measured is never made up.
 */
import fc from 'fast-check';
import type { BaselineRules } from '../rule-pack/rule-pack';
import { someRules } from '../testing/rules';
import { addDays } from '../time/delivery-day';
import { type Baseline, baselineFor } from './baseline';
import { createDayCalendar } from './like-days';
import type { PodDay } from './mean-of-days';

/** A Tuesday in March without a clock change near. */
const DAY = '2026-03-17';
const timeZone = 'Europe/Rome';
const xOfY: BaselineRules = {
  ...someRules.baseline,
  method: 'meanXOfY',
  daysX: 2,
  daysY: 3,
  adjustmentMinutes: 0,
};
const nominatedW = new Array<number>(96).fill(777);
type Days = Readonly<Record<string, PodDay>>;

type Found = Baseline & { readonly baselineW: readonly number[] };

function baseline(rules: BaselineRules, days: Days, { day = DAY } = {}): Found {
  const calendar = createDayCalendar({ timeZone, baseline: rules });
  const history = { podId: 'POD1', nominatedW, days: new Map(Object.entries(days)) };
  return baselineFor(day, rules, calendar, history) as Found;
}

const flat = (watts: number, mtus = 96): PodDay => ({
  measuredW: new Array<number>(mtus).fill(watts),
});
/** The three working days before. */
const threeDays = (...watts: readonly [PodDay, PodDay, PodDay]): Days => ({
  '2026-03-16': watts[0],
  '2026-03-13': watts[1],
  '2026-03-12': watts[2],
});
const at = (mtus: readonly number[], length = 96): boolean[] =>
  Array.from({ length }, (_, mtu) => mtus.includes(mtu));
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('a nominated baseline', () => {
  it('is as declared', () => {
    expect(baseline({ ...xOfY, method: 'nominated' }, {})).toEqual({
      method: 'nominated',
      baselineW: nominatedW,
    });
  });
});

describe('a baseline of zero', () => {
  it('has a zero for each MTU of the day', () => {
    const { method, baselineW } = baseline({ ...xOfY, method: 'zero' }, {}, { day: '2026-03-29' });
    expect(method).toBe('zero');
    expect(baselineW).toEqual(new Array<number>(92).fill(0));
  });
});

describe('the mean of the X highest of the last Y like days', () => {
  it('takes the days with most energy', () => {
    const { method, baselineW, note } = baseline(xOfY, threeDays(flat(100), flat(500), flat(301)));
    expect({ method, note }).toEqual({ method: 'meanXOfY', note: undefined });
    // 400.5 W, half to even.
    expect(new Set(baselineW)).toEqual(new Set([400]));
  });

  it('takes it for each MTU apart', () => {
    const rising: PodDay = { measuredW: range(0, 96).map((mtu) => mtu * 10) };
    const { baselineW } = baseline(xOfY, threeDays(rising, rising, flat(0)));
    expect(baselineW).toEqual(rising.measuredW);
  });

  it('counts generation as consumption: the sunniest days are the highest of a plant', () => {
    const { baselineW } = baseline(xOfY, threeDays(flat(-100), flat(-500), flat(-300)));
    expect(baselineW[40]).toBe(-400);
  });

  it('of days with equal energy takes the latest', () => {
    const rules = { ...xOfY, daysX: 1 };
    const early: PodDay = { measuredW: range(0, 96).map((mtu) => (mtu < 48 ? 200 : 0)) };
    const late: PodDay = { measuredW: range(0, 96).map((mtu) => (mtu < 48 ? 0 : 200)) };
    expect(baseline(rules, threeDays(late, early, early)).baselineW).toEqual(late.measuredW);
  });

  it('says when days are missing, and does with those there are', () => {
    const { '2026-03-13': _, ...two } = threeDays(flat(100), flat(0), flat(300));
    expect(baseline(xOfY, two)).toMatchObject({ method: 'meanXOfY', note: '2 of 3 days known' });
    expect(baseline(xOfY, two).baselineW[0]).toBe(200);
  });

  it('does not know a day of which a quarter-hour is missing', () => {
    const gap: PodDay = { measuredW: range(0, 96).map((mtu) => (mtu === 50 ? null : 900)) };
    const { baselineW, note } = baseline(xOfY, threeDays(flat(100), gap, flat(300)));
    expect({ watts: baselineW[0], note }).toEqual({ watts: 200, note: '2 of 3 days known' });
  });

  it('gives way to the nominated baseline, by name, where fewer than X days are known', () => {
    expect(baseline(xOfY, { '2026-03-16': flat(100) })).toEqual({
      method: 'nominated',
      baselineW: nominatedW,
      note: 'instead of meanXOfY: 1 of 3 days known, 2 needed',
    });
  });

  it('leaves days out on which the PoD had sold, and goes further back, where the pack says so', () => {
    const sold: PodDay = { ...flat(900), activated: at([30]) };
    const days = { ...threeDays(sold, flat(100), flat(300)), '2026-03-11': flat(500) };
    expect(baseline({ ...xOfY, excludeActivationDays: true }, days).baselineW[0]).toBe(400);
    expect(baseline(xOfY, days).baselineW[0]).toBe(600);
  });
});

describe('the mean of rolling days', () => {
  it('takes all of the last Y like days', () => {
    const rules: BaselineRules = { ...xOfY, method: 'rollingWorkingDays' };
    const days = threeDays(flat(100), flat(500), flat(301));
    expect(baseline(rules, days)).toMatchObject({ method: 'rollingWorkingDays' });
    expect(baseline(rules, days).baselineW[95]).toBe(300);
  });
});

describe('on days that clocks change', () => {
  const sundays = (before: string, count: number): string[] =>
    range(1, count + 1).map((week) => addDays(before, -7 * week));
  const byClock = (mtus: number): PodDay => ({ measuredW: range(0, mtus).map((mtu) => mtu * 10) });

  it('an MTU is compared with the same time of the clock', () => {
    const [a, b, c] = sundays('2026-03-29', 3);
    const days = { [a!]: byClock(96), [b!]: byClock(96), [c!]: byClock(96) };
    const { baselineW } = baseline(xOfY, days, { day: '2026-03-29' });
    expect(baselineW).toHaveLength(92);
    // 01:45, then 03:00.
    expect(baselineW.slice(7, 9)).toEqual([70, 120]);
  });

  it('both hours that have the same name have the same baseline', () => {
    const [a, b, c] = sundays('2026-10-25', 3);
    const days = { [a!]: byClock(96), [b!]: byClock(96), [c!]: byClock(96) };
    const { baselineW } = baseline(xOfY, days, { day: '2026-10-25' });
    expect(baselineW).toHaveLength(100);
    expect(baselineW.slice(8, 12)).toEqual(baselineW.slice(12, 16));
  });

  it('the hour that was leapt over is averaged over the days that had it', () => {
    const days = {
      '2026-03-29': { measuredW: new Array<number>(92).fill(1_000) },
      '2026-03-22': flat(400),
      '2026-03-15': flat(0),
    };
    const { baselineW } = baseline(xOfY, days, { day: '2026-04-05' });
    expect(baselineW.slice(7, 13)).toEqual([700, 400, 400, 400, 400, 700]);
  });

  it('the hour that came twice counts as its mean', () => {
    const measuredW = range(0, 100).map((mtu) => (mtu >= 8 && mtu < 12 ? 200 : 100));
    const days = { '2026-10-25': { measuredW }, '2026-10-18': flat(100), '2026-10-11': flat(0) };
    const { baselineW } = baseline(xOfY, days, { day: '2026-11-01' });
    // (150 + 100) / 2
    expect(baselineW.slice(7, 13)).toEqual([100, 125, 125, 125, 125, 100]);
  });
});

describe('the shift by what went before the activation', () => {
  const rules: BaselineRules = { ...xOfY, adjustmentMinutes: 60 };
  const history = threeDays(flat(1_000), flat(1_000), flat(1_000));
  const today = (watts: (mtu: number) => number | null, activated: readonly number[]): PodDay => ({
    measuredW: range(0, 96).map(watts),
    activated: at(activated),
  });

  it('is the mean difference over the window, and holds during the activation', () => {
    const day = today((mtu) => (mtu < 40 ? 1_200 : 300), [40, 41]);
    const { baselineW, note } = baseline(rules, { ...history, [DAY]: day });
    expect(baselineW.slice(38, 44)).toEqual([1_000, 1_000, 1_200, 1_200, 1_000, 1_000]);
    expect(note).toBeUndefined();
  });

  it('goes downwards too, and leaves out what was not measured', () => {
    const day = today(
      (mtu) => (mtu === 38 ? null : mtu < 40 ? 900 - (mtu === 39 ? 30 : 0) : 0),
      [40],
    );
    expect(baseline(rules, { ...history, [DAY]: day }).baselineW[40]).toBe(890);
  });

  it('of an activation close behind another is that of the first: between them is rebound', () => {
    const day = today((mtu) => (mtu < 40 ? 1_100 : mtu === 41 ? 5_000 : 0), [40, 42, 47]);
    const { baselineW } = baseline(rules, { ...history, [DAY]: day });
    // The third begins more than an hour later: its window holds 43 to 46, measured at 0 W.
    expect([40, 41, 42, 47].map((mtu) => baselineW[mtu])).toEqual([1_100, 1_000, 1_100, 0]);
  });

  it('of an activation after midnight looks into the day before', () => {
    const monday: PodDay = { measuredW: range(0, 96).map((mtu) => (mtu < 92 ? 1_000 : 1_400)) };
    const days = {
      ...history,
      '2026-03-16': monday,
      '2026-03-11': flat(1_000),
      '2026-03-10': flat(1_000),
      [DAY]: today(() => 0, [0]),
    };
    // Ex-ante for Monday 23:00 is 1 kW, for Tuesday 00:00 too.
    expect(baseline(rules, days).baselineW[0]).toBe(1_400);
  });

  it('that cannot be found is told, not made up', () => {
    const day = today((mtu) => (mtu < 40 ? null : 300), [40, 41]);
    const { baselineW, note } = baseline(rules, { ...history, [DAY]: day });
    expect(note).toBe('2 activated MTUs not adjusted');
    expect(baselineW[40]).toBe(1_000);
  });

  it('does not touch a baseline that had to be nominated', () => {
    const day = today(() => 5_000, [40]);
    expect(baseline(rules, { [DAY]: day }).baselineW).toEqual(nominatedW);
  });
});

describe('the meter before activation', () => {
  const rules: BaselineRules = { ...xOfY, method: 'meterBefore' };
  const today = (watts: (mtu: number) => number | null, activated: readonly number[]): Days => ({
    [DAY]: { measuredW: range(0, 96).map(watts), activated: at(activated) },
  });

  it('is held to the end of the activation', () => {
    const { method, baselineW } = baseline(
      rules,
      today((mtu) => mtu * 10, [40, 41, 42, 50]),
    );
    expect(method).toBe('meterBefore');
    expect([40, 41, 42, 50].map((mtu) => baselineW[mtu])).toEqual([390, 390, 390, 490]);
  });

  it('is the last that was measured, on the day before where need be', () => {
    const days = { ...today(() => null, [0]), '2026-03-16': flat(600) };
    expect(baseline(rules, days).baselineW[0]).toBe(600);
  });

  it('gives way to the nominated baseline where nothing was measured before', () => {
    expect(
      baseline(
        rules,
        today(() => null, [40]),
      ),
    ).toEqual({
      method: 'nominated',
      baselineW: nominatedW,
      note: 'instead of meterBefore: nothing measured before an activation',
    });
  });
});

describe('a baseline that can be found in no way', () => {
  const none = (rules: BaselineRules): Baseline => {
    const calendar = createDayCalendar({ timeZone, baseline: rules });
    const history = { podId: 'POD1', nominatedW: undefined, days: new Map() };
    return baselineFor(DAY, rules, calendar, history);
  };

  it('is none, and the note says what was tried', () => {
    expect(none(xOfY)).toEqual({
      method: 'none',
      baselineW: null,
      note: 'none was declared in time; meanXOfY: 0 of 3 days known, 2 needed',
    });
    expect(none({ ...xOfY, method: 'nominated' }).note).toBe('none was declared in time');
  });
});

describe('whatever was measured', () => {
  const someDay = fc.array(fc.integer({ min: -5_000, max: 9_000 }), {
    minLength: 96,
    maxLength: 96,
  });
  const methods = fc.constantFrom<BaselineRules['method']>('meanXOfY', 'rollingWorkingDays');

  it('who does every day the same has that as baseline, shifted by nothing', () => {
    fc.assert(
      fc.property(
        someDay,
        methods,
        fc.constantFrom(0, 60, 120),
        fc.nat(95),
        (watts, method, minutes, sold) => {
          const same: PodDay = { measuredW: watts };
          const days: Record<string, PodDay> = { [DAY]: { ...same, activated: at([sold]) } };
          for (let back = 1; back <= 10; back += 1) days[addDays(DAY, -back)] = same;
          const rules = { ...xOfY, method, adjustmentMinutes: minutes };
          expect(baseline(rules, days).baselineW).toEqual(watts);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('the mean of the X highest lies between the lowest and highest of the days', () => {
    fc.assert(
      fc.property(someDay, someDay, someDay, methods, (one, two, three, method) => {
        const days = [one, two, three].map((measuredW) => ({ measuredW }));
        const { baselineW } = baseline(
          { ...xOfY, method },
          threeDays(days[0]!, days[1]!, days[2]!),
        );
        baselineW.forEach((watts, mtu) => {
          const all = [one[mtu]!, two[mtu]!, three[mtu]!];
          expect(watts).toBeGreaterThanOrEqual(Math.min(...all));
          expect(watts).toBeLessThanOrEqual(Math.max(...all));
        });
      }),
      { numRuns: 25 },
    );
  });

  it('is whole watts', () => {
    fc.assert(
      fc.property(someDay, someDay, fc.nat(95), (usual, today, sold) => {
        const same: PodDay = { measuredW: usual };
        const days = {
          ...threeDays(same, { measuredW: today }, same),
          [DAY]: { measuredW: today, activated: at([sold]) },
        };
        const { baselineW } = baseline({ ...xOfY, adjustmentMinutes: 120 }, days);
        expect(baselineW.every(Number.isSafeInteger)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
