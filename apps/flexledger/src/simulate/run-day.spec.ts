import { loadRulePack } from '@flexledger/service-kit';
import { lastWholeDay } from './run-day';

// In Rome; the last settlement is due an hour after midnight, and the day is over half an hour later.
it.each([
  ['2026-03-18T12:00:00+01:00', '2026-03-17'],
  ['2026-03-18T01:30:00+01:00', '2026-03-17'],
  ['2026-03-18T01:29:59+01:00', '2026-03-16'],
  ['2026-03-18T00:00:00+01:00', '2026-03-16'],
  // The clocks go forward at 02:00.
  ['2026-03-29T01:30:00+01:00', '2026-03-28'],
  ['2026-03-30T01:30:00+02:00', '2026-03-29'],
])('at %s the last whole day is %s', (now, day) => {
  expect(lastWholeDay(Date.parse(now), loadRulePack('platone').rulePack)).toBe(day);
});
