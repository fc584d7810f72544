import { zoneOf } from '../parts/words';
import { civilDayOf, podDay } from './pod-day';

const { civilDay } = zoneOf('Europe/Rome');

it.each([
  ['2026-03-17', '2026-03-16T23:00:00.000Z', 96],
  ['2026-03-29', '2026-03-28T23:00:00.000Z', 92],
  ['2026-10-25', '2026-10-24T22:00:00.000Z', 100],
  ['2026-07-01', '2026-06-30T22:00:00.000Z', 96],
])('%s begins at %s and has %d quarter-hours', (date, start, mtuCount) => {
  expect(civilDayOf(date, civilDay)).toEqual({ startMs: Date.parse(start), mtuCount });
});

it('lays out what was measured, declared and asked for; what is missing is missing', () => {
  const startMs = Date.parse('2026-03-16T23:00:00.000Z');
  const setpoint = { windowStart: '2026-03-16T23:15:00.000Z', targetW: [100, null, 300] };
  const day = podDay({
    startMs,
    mtuCount: 3,
    measured: [
      { mtuStart: '2026-03-16T23:15:00.000Z', withdrawnWh: 100, injectedWh: 350 },
      { mtuStart: '2026-03-17T23:15:00.000Z', withdrawnWh: 1, injectedWh: 0 },
    ],
    baselineW: [500, 600, 700],
    setpoints: [
      { ...setpoint, status: 'applied' },
      { windowStart: '2026-03-16T23:00:00.000Z', targetW: [9], status: 'failed' },
    ],
  });
  expect(day).toEqual({
    times: [startMs, startMs + 900_000, startMs + 1_800_000],
    measuredW: [null, -1_000, null],
    baselineW: [500, 600, 700],
    targetW: [null, 100, null],
  });
});
