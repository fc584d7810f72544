import { earningsBy, monthsOf } from './earnings';

const session = (deliveryDay: string, paidMicroEur: number) => ({
  deliveryDay,
  acceptedWh: 100,
  deliveredWh: 90,
  paidMicroEur,
  penaltyMicroEur: 1,
});
const SESSIONS = [
  session('2026-03-30', 5),
  session('2026-03-30', 7),
  session('2026-03-31', 11),
  session('2026-04-05', 13),
  session('2026-04-06', 17),
];
const paid = (span: Parameters<typeof earningsBy>[1]) =>
  earningsBy(SESSIONS, span).map(({ key, paidMicroEur }) => [key, paidMicroEur]);

it('sums the sessions of a day, a week and a month of delivery, the last first', () => {
  expect(paid('day').at(-1)).toEqual(['2026-03-30', 12]);
  expect(paid('week')).toEqual([
    ['2026-W15', 17],
    ['2026-W14', 36],
  ]);
  expect(paid('month')).toEqual([
    ['2026-04', 30],
    ['2026-03', 23],
  ]);
  expect(earningsBy(SESSIONS, 'month')[1]).toEqual({
    key: '2026-03',
    sessions: 3,
    acceptedWh: 300,
    deliveredWh: 270,
    paidMicroEur: 23,
    penaltyMicroEur: 3,
  });
});

it('a week belongs to the year of its Thursday', () => {
  const keys = ['2025-12-29', '2027-01-03', '2027-01-04'].map(
    (day) => earningsBy([session(day, 1)], 'week')[0]!.key,
  );
  expect(keys).toEqual(['2026-W01', '2026-W53', '2027-W01']);
});

it('asks for each month of a range, and for the last ones of a long one', () => {
  expect(monthsOf('2025-11-30', '2026-02-01', 24)).toEqual([
    '2025-11',
    '2025-12',
    '2026-01',
    '2026-02',
  ]);
  expect(monthsOf('1999-01-01', '2026-02-01', 2)).toEqual(['2026-01', '2026-02']);
});
