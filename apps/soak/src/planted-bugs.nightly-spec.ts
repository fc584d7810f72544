/** What is put into a world on purpose is found. */
import type { BugName } from './bug-names';
import { runSeed } from './run-seed';

/** A day takes seconds, and two hundred of them an hour on a busy machine. */
jest.setTimeout(7_200_000);

/** A planted bug shows where faults fall together, which any change of the product moves to another seed. */
const SEEDS_TRIED = 200;

it.each<[BugName, string]>([
  ['lost-fsync', 'nothing acknowledged is lost'],
  ['early-checkpoint', 'sessions end'],
  ['double-award', 'money and tokens balance'],
])(`%s is found within ${SEEDS_TRIED} seeds: "%s" does not hold`, async (bug, invariant) => {
  const broken: string[] = [];
  for (let seed = 1; seed <= SEEDS_TRIED && !broken.includes(invariant); seed += 1) {
    const { violations } = await runSeed({ seed, bug });
    broken.push(...violations.map((one) => one.invariant));
  }
  expect(broken).toContain(invariant);
});
