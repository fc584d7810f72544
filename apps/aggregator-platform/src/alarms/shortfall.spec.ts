/** What of a quarter-hour's sales did not come, by what was measured. */
import { type SoldQuarterHour, shortfallOf } from './shortfall';
import { rules } from '../testing/trial';

const { penalty } = rules.settlement;
const sold = (podId: string, changeW: number, measuredW: number | null): SoldQuarterHour => ({
  podId,
  changeW,
  baselineW: 2_000,
  measuredW,
});

it('names the PoD that misses most, and sums over all that were measured', () => {
  const all = [sold('A', -400, 1_600), sold('B', -400, 2_000), sold('C', 800, 2_200)];
  expect(shortfallOf(all, penalty)).toEqual({
    soldWh: 400,
    deliveredWh: 150,
    podsShort: 2,
    podsUnmeasured: 0,
    worst: { podId: 'C', soldWh: 200, deliveredWh: 50 },
  });
});

it.each<[string, readonly SoldQuarterHour[]]>([
  ['all came', [sold('A', -400, 1_600), sold('B', 300, 2_300)]],
  ['more came than was sold', [sold('A', -400, 900)]],
  ['the settlement takes no penalty', [sold('A', -400, 1_601)]],
  ['sales cancel out', [sold('A', 0, 2_500)]],
  ['nothing was measured', [sold('A', -400, null)]],
])('is none where %s', (_, all) => {
  expect(shortfallOf(all, penalty)).toBeUndefined();
});

it('takes a move the wrong way for nothing, and counts what was not measured apart', () => {
  expect(shortfallOf([sold('A', -400, 2_600), sold('B', -400, null)], penalty)).toEqual({
    soldWh: 100,
    deliveredWh: 0,
    podsShort: 1,
    podsUnmeasured: 1,
    worst: { podId: 'A', soldWh: 100, deliveredWh: 0 },
  });
});
