/** A day, a week, a month as text -> their days. */
import { civilPeriod } from './civil-period';

it.each([
  ['2026-03-17', '2026-03-17', '2026-03-18'],
  ['2026-03', '2026-03-01', '2026-04-01'],
  ['2026-12', '2026-12-01', '2027-01-01'],
  ['2026-W12', '2026-03-16', '2026-03-23'],
  ['2026-W01', '2025-12-29', '2026-01-05'],
  ['2026-W53', '2026-12-28', '2027-01-04'],
])('%s is %s until %s', (text, from, below) => {
  expect(civilPeriod(text)).toEqual({ from, below });
});

it.each(['2026-02-30', '2026-13', '2026-00', '2025-W53', '2026-W00', '2026', '17/03/2026', ''])(
  '%j is no period',
  (text) => expect(civilPeriod(text)).toBeUndefined(),
);
