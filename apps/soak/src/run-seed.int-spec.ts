/** A world is its seed: the same again to the last event; and what is put into it on purpose is found. */
import type { BugName } from './bug-names';
import { drawnFor, runSeed } from './run-seed';

/** A day takes seconds; the tests say nothing of speed. */
jest.setTimeout(300_000);

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

it.each<[BugName, number, string]>([
  ['lost-fsync', 1, 'nothing acknowledged is lost'],
  ['early-checkpoint', 2, 'sessions end'],
  ['double-award', 1, 'money and tokens balance'],
])('%s is found: at seed %i "%s" does not hold', async (bug, seed, invariant) => {
  const { violations } = await runSeed({ seed, bug });
  expect(violations.map((one) => one.invariant)).toContain(invariant);
});
