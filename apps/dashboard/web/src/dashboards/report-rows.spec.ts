import { type Report, figure, headed, rowsByLine, rowsByMtu } from './report-rows';

const report: Report = {
  day: '2026-03-17',
  days: 1,
  mtuStarts: ['2026-03-16T23:00:00.000Z', '2026-03-16T23:15:00.000Z'],
  lines: [
    { label: 'power', formula: 'a.measured', unit: 'kW', values: [1.5, null], value: null },
    { label: 'share', formula: '1 / 2', unit: '1', values: null, value: 0.5 },
  ],
  missing: [],
};

it('has a row a quarter-hour, with a constant in every one', () => {
  expect(rowsByMtu(report)).toEqual({
    columns: ['mtuStart', 'power, kW', 'share'],
    rows: [
      ['2026-03-16T23:00:00.000Z', 1.5, 0.5],
      ['2026-03-16T23:15:00.000Z', null, 0.5],
    ],
  });
});

it('has a row a line, with the days that it is of', () => {
  expect(rowsByLine(report).rows[1]).toEqual(['share', 0.5, '1', '1 / 2', '2026-03-17', 1]);
});

it('writes figures short, with a real minus, and says what is not known', () => {
  expect([figure(-1.23456), figure(0), figure(null)]).toEqual(['−1.235', '0', '–']);
  expect(headed('power', 'kW')).toBe('power, kW');
});
