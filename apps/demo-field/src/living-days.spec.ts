/** The customers of a demo on other days than the simulated one: the same people, each day of its own. */
import { MTU_MS, deliveryDay } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { livingDays } from './living-days';

const ROME = 'Europe/Rome';
const rules = loadRulePack('platone');
const days = () => livingDays({ pods: 3, date: '2026-03-17', seed: 1 }, rules);

/** W by MTU of a civil day. */
function powerOn(day: string, { pods, naturalAt } = days()): number[] {
  const { startMs, mtuCount } = deliveryDay(day, ROME);
  const natural = naturalAt(pods[0]!);
  return Array.from({ length: mtuCount }, (_, mtu) => natural(startMs + mtu * MTU_MS).powerW);
}

it('are drawn again as the simulation drew them', () => {
  expect(days().pods.map(({ podId }) => podId)).toEqual([
    'IT002E60000000',
    'IT002E60000001',
    'IT002E60000002',
  ]);
  expect(powerOn('2026-03-18')).toEqual(powerOn('2026-03-18'));
});

it('do on no day what they did the day before, and go on over midnight', () => {
  const one = days();
  const [tuesday, wednesday] = [powerOn('2026-03-17', one), powerOn('2026-03-18', one)];
  expect(tuesday).not.toEqual(wednesday);
  // Asked again of a day before: nothing depends on the order.
  expect(powerOn('2026-03-17', one)).toEqual(tuesday);
});

it.each([
  ['2026-03-29', 92],
  ['2026-10-25', 100],
])('have a power and a forecast in every quarter-hour of %s', (day, mtus) => {
  const one = days();
  expect(powerOn(day, one).filter(Number.isSafeInteger)).toHaveLength(mtus);
  const baselineW = one.baselineW(one.pods[0]!, day);
  expect(baselineW.filter(Number.isSafeInteger)).toHaveLength(mtus);
});
