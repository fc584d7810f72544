import { MTU_MS } from '@flexledger/domain';
import { seededHousehold } from './household';

const DAY_MS = Date.parse('2026-03-17T00:00:00Z');
const curve = (seed: number | string, dayMs = DAY_MS): number[] =>
  Array.from(
    { length: 96 },
    (_, mtu) => seededHousehold(seed).naturalAt(dayMs + mtu * MTU_MS).powerW,
  );
const meanW = (powers: readonly number[]): number =>
  powers.reduce((sum, power) => sum + power, 0) / powers.length;

it('follows from its seed, and differs by seed and by day', () => {
  expect(curve('A')).toEqual(curve('A'));
  expect(curve('A')).not.toEqual(curve('B'));
  expect(curve('A')).not.toEqual(curve('A', DAY_MS + 86_400_000));
});

it('draws most in the evening, and some feed in at noon', () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const means = (fromHour: number) =>
    seeds.map((seed) => meanW(curve(seed).slice(4 * fromHour, 4 * (fromHour + 2))));
  const [night, noon, evening] = [means(2), means(11), means(18)];
  seeds.forEach((seed) => expect(evening[seed]!).toBeGreaterThan(night[seed]! + 200));
  const feeding = noon.filter((power) => power < 0).length;
  expect(feeding).toBeGreaterThan(4);
  expect(feeding).toBeLessThan(16);
});
