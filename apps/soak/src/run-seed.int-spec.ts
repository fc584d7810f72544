/** A world is its seed: the same again to the last event. */
import { drawnFor, runSeed } from './run-seed';

it('a seed with its faults comes to the same again, and breaks nothing', async () => {
  const [first, again] = [await runSeed({ seed: 3 }), await runSeed({ seed: 3 })];
  expect(first.violations).toEqual([]);
  expect(first.came).toBeGreaterThan(0);
  expect(again).toEqual(first);
});

it('faults are what a seed draws, and a part of them leaves the others where they were', () => {
  const { faults } = drawnFor(3);
  expect(drawnFor(3).faults).toEqual(faults);
  expect(drawnFor(4).faults).not.toEqual(faults);
  expect(faults.every(({ atMs }, at) => at === 0 || atMs >= faults[at - 1]!.atMs)).toBe(true);
});
