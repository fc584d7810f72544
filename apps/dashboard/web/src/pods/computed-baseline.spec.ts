import type { RulePack } from '@flexledger/domain';
import { computedBaseline, daysNeeded } from './computed-baseline';

const pack = {
  timeZone: 'Europe/Rome',
  baseline: {
    method: 'nominated',
    reactiveMethod: 'meterBefore',
    daysX: 2,
    daysY: 3,
    adjustmentMinutes: 0,
  },
} as Pick<RulePack, 'timeZone' | 'baseline'>;
const allDay = (watts: number) => ({ measuredW: new Array<number>(96).fill(watts) });

it('is the mean of the days of most energy among like days, and says so', () => {
  // Monday 16, Friday 13 and Thursday 12 March are like Tuesday 17.
  const days = new Map([
    ['2026-03-16', allDay(400)],
    ['2026-03-13', allDay(100)],
    ['2026-03-12', allDay(600)],
  ]);
  expect(daysNeeded('2026-03-17', pack)).toEqual(['2026-03-12', '2026-03-13', '2026-03-16']);
  const { baselineW, said } = computedBaseline('P', '2026-03-17', pack, days);
  expect(baselineW).toEqual(new Array(96).fill(500));
  expect(said).toBe('Computed: the mean of the 2 days of most energy among 3 like days.');
});

it('says why there is none', () => {
  const days = new Map([['2026-03-16', allDay(400)]]);
  expect(computedBaseline('P', '2026-03-17', pack, days)).toEqual({
    baselineW: null,
    said: 'No baseline can be computed for this day: 1 of 3 days known, 2 needed.',
  });
});
