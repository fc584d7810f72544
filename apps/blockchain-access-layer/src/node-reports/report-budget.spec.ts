/** A node tells so much a minute; beyond, the last of each kind is held until the minute is over. */
import { REPORTS_A_MINUTE, createReportBudget } from './report-budget';

const clock = { ms: 0, nowMs: () => clock.ms };
beforeEach(() => (clock.ms = 1_000_000));

const exhausted = () => {
  const budget = createReportBudget<string>(clock);
  for (let count = 0; count < REPORTS_A_MINUTE; count += 1) {
    expect(budget.take('one', 'meter', `early ${count}`)).toBe('now');
  }
  return budget;
};

it('takes so many at once, says when the first comes beyond, and holds the last of each kind', () => {
  const budget = exhausted();
  expect(budget.take('one', 'meter', 'raised')).toBe('first');
  expect(budget.take('one', 'ems', 'raised too')).toBe('later');
  expect(budget.take('one', 'meter', 'cleared')).toBe('later');
  expect(budget.take('one')).toBe('later');
  expect(budget.take('two', 'meter', 'of another')).toBe('now');

  expect(budget.due()).toEqual([]);
  clock.ms += 60_000;
  expect(budget.due()).toEqual(['raised too', 'cleared']);
  expect(budget.due()).toEqual([]);
  expect(budget.take('one', 'meter', 'anew')).toBe('now');
});

it('lets nothing overtake what is held, though the minute is over', () => {
  const budget = exhausted();
  budget.take('one', 'meter', 'raised');
  clock.ms += 60_000;
  expect(budget.take('one', 'meter', 'cleared')).toBe('later');
  expect(budget.due()).toEqual(['cleared']);
});

it('begins anew after a minute in which nothing was held', () => {
  const budget = exhausted();
  clock.ms += 60_000;
  expect(budget.take('one', 'meter', 'anew')).toBe('now');
});
